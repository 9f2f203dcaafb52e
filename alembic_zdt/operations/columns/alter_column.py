"""Changing the default or the type of a column without reading the table.

``ALTER COLUMN`` takes ACCESS EXCLUSIVE.  A change of the default needs the lock only
for milliseconds.  So does a change to a type whose values are stored alike, such as
``varchar(50)`` to ``varchar(100)`` or ``text``.  But while the statement waits for the
lock, all later queries wait in the lock queue.  So it makes short, repeated attempts.
First the server tries the same statement on an empty copy of the table.  The trial
shows whether it would rewrite the table, read it or build an index.

What can still go wrong: after a change of the type, prepared statements that return
the column fail.  In psycopg they fail in each open session until its next ROLLBACK,
and with autocommit until the session is closed.  In asyncpg they fail once in each
engine.  Recycle the connection pools.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from sqlalchemy import ClauseElement, Computed, Identity
from sqlalchemy.types import TypeEngine, to_instance

from alembic_zdt.catalog import column as catalog
from alembic_zdt.catalog.column_definition import is_defined
from alembic_zdt.catalog.value_kinds import ValueKind, kept, kind_of_sql, needs_zone
from alembic_zdt.errors import PreconditionError, UsageError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked, quote
from alembic_zdt.operations.base import (
    REGISTERED,
    TableOperation,
    ZdtOperation,
    directive,
    require_columns,
    require_table,
)
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.columns import type_errors as errors
from alembic_zdt.operations.columns.altered_column import (
    Alteration,
    AlterationQuestion,
    given_default,
    statements,
)
from alembic_zdt.operations.columns.column_types import SqlType
from alembic_zdt.operations.columns.narrowing import Narrowing, sees_every_row
from alembic_zdt.operations.columns.time_zones import in_utc
from alembic_zdt.operations.refusals.window_kept import may_be_altered
from alembic_zdt.runner.script.render import NEVER_DONE
from alembic_zdt.server_facts import PROBE, Question, Server, TableQuestion
from alembic_zdt.steps import Precondition, RelationLock, SkipCondition, Step
from alembic_zdt.twin.window import Window


@directive
class AlterColumnSafelyOp(TableOperation):
    """Change the default of a column, or its type to a binary-compatible one.

    Refuses if the server would rewrite or read the table, or rewrite an index.  A
    small table is rewritten: at most a megabyte with its indexes, its children and
    the tables that foreign keys of the column connect it to.  If the column has the
    type and the default already, the step is skipped.

    Args:
        type_: the new type.
        server_default: the new default; None drops it.
        existing_type: the present type, for the downgrade.
        existing_server_default: the present default, for the downgrade.

    Raises:
        UndefinedObjectError: no such table or column.
        PreconditionError: the server would rewrite or read a larger table.
        UsageError: the call changes nothing, the column is an identity or a
            generated column, the server refuses the change, or the change would
            lose data or convert rows with the time zone of the session.
        DependentObjectsError: an unfinished rename or change of a type uses the
            column.

    Example::

        op.alter_column_safely("orders", "total", server_default="0")

    Instead of::

        op.alter_column("orders", "total", server_default="0")

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "alter_column_safely"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        server_default: str | ClauseElement | Literal[False] | None = False,
        existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_server_default: str | ClauseElement | Literal[False] | None = False,
        schema: str | None = None,
    ) -> None:
        self.table = QualifiedName(checked(table_name, "table"), schema)
        self.column = checked(column_name, "column")
        if type_ is None and server_default is False:
            self._refuse_nothing()
        self.type = None if type_ is None else to_instance(type_)
        self.existing_type = (
            None if existing_type is None else to_instance(existing_type)
        )
        self.server_default = server_default
        self.existing_server_default = existing_server_default
        for default in (server_default, existing_server_default):
            if isinstance(default, Computed | Identity):
                self._refuse_generated()
        self.sql_type = None if self.type is None else SqlType.of(self.type, "type_")

    @property
    def label(self) -> str:
        """Return the name of the column for messages, such as ``users.email``."""
        return f"{self.table.label}.{self.column}"

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        if self.sql_type is not None:
            return f'make "{self.label}" {self.sql_type.sql}'
        if self.server_default is None:
            return f'drop the default of "{self.label}"'
        return f'change the default of "{self.label}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        return (self.table.name, self.column), {
            "type_": self.type,
            "server_default": given_default(self.server_default),
            "existing_type": self.existing_type,
            "existing_server_default": given_default(self.existing_server_default),
            "schema": self.table.schema,
        }

    def reverse(self) -> AlterColumnSafelyOp:
        """Restore the existing type and default, if the call names them."""
        unknown = self.type is not None and self.existing_type is None
        lost = (
            self.server_default is not False and self.existing_server_default is False
        )
        if unknown or lost:
            self._irreversible(
                "The call does not contain what the column had before.",
                f"Pass existing_{'type' if unknown else 'server_default'}=.",
            )
        was = self.existing_server_default
        return AlterColumnSafelyOp(
            self.table.name,
            self.column,
            type_=None if self.type is None else self.existing_type,
            server_default=False if self.server_default is False else was,
            existing_type=self.type,
            existing_server_default=self.server_default,
            schema=self.table.schema,
        )

    def _refuse_nothing(self) -> None:
        raise UsageError(
            f'nothing to change in "{self.label}"',
            detail="Neither type_ nor server_default was given.",
            hint="Pass one of them.",
        )

    def _refuse_generated(self) -> None:
        raise UsageError(
            f'the default of "{self.label}" is an identity or a generated value',
            detail=("A change from or to such a column changes its values, too."),
            hint=f"Write {written_call('alter_column', *self.arguments())} where no "
            "code uses the table.",
        )

    # ------------------------------------------------------------------------- steps

    def _changes(self) -> dict[str, Any]:
        # Without the old type: Alembic would drop the CHECK of a Boolean or Enum.
        changes: dict[str, Any] = {"modify_server_default": self.server_default}
        if self.type is not None:
            changes["modify_type"] = self.type
        return changes

    @property
    def _question(self) -> AlterationQuestion:
        # PostgreSQL looks for a name without a schema among temporary tables first.
        probe = QualifiedName(PROBE.name)
        tried = statements(probe, self.column, self._changes())
        return AlterationQuestion(self.table, self.column, tried)

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the table and the effect of the statements."""
        return TableQuestion(self.table), self._question

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the column exists, and that the change needs a short lock."""
        facts = require_table(self.table, server)
        require_columns(self.table, facts, (self.column,), server)
        answer = server.answer(self._question)
        impossible = self._impossible(answer) if answer else None
        found = list(self._kept(answer))
        if impossible is not None:
            found.append(Precondition("SELECT 1", lambda _rows: impossible))
        return found

    def _kept(self, answer: Alteration | None) -> Iterator[Precondition]:
        """Refuse to change a column that an open window or a rename needs."""
        given = set[str]() if self.type is None else {"type"}
        if self.server_default is not None and self.server_default is not False:
            given.add("default")
        done = self._skip_if(answer).done
        for stands in may_be_altered(self.table, self.column, self.purpose, given):
            yield stands.unless(done)

    def _impossible(self, answer: Alteration) -> ZdtError | None:
        if answer.problem:
            return UsageError(
                f"cannot {self.purpose}",
                detail=f"The server reported: {answer.problem}.",
                hint="Correct the type or the default.",
                column=self.column,
            )
        if answer.is_free or answer.is_small:
            return None
        found = "write" if answer.rewrites else "read"
        keys = " and check its foreign keys" if answer.has_keys else ""
        return PreconditionError(
            f"cannot {self.purpose} under a short lock",
            detail=f"The server would {found} the whole table, or its indexes,{keys} "
            "under ACCESS EXCLUSIVE, which blocks reads and writes.",
            hint=errors.in_phases(
                self.table, self.column, self.type, self.existing_type
            ),
            column=self.column,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the single step that alters the column."""
        tree = server.table(self.table).is_partitioned
        answer = server.answer(self._question)
        return (
            Step(
                purpose=self.purpose,
                statements=statements(self.table, self.column, self._changes()),
                locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self.table, tree=tree),),
                skip_if=self._skip_if(answer),
                scans=(self.table.sql,) if answer and not answer.is_free else (),
                stands_on=(self.table,),
                preconditions=tuple(self._lossless(answer)),
            ),
        )

    def _lossless(self, answer: Alteration | None) -> Iterator[Precondition]:
        """Refuse rows that would lose data or depend on the session's time zone."""
        old, new = self._kinds(answer)
        if self.sql_type is None or old is None or new is None:
            return
        sql, may_lose = self.sql_type, kept(old, new, "", "")
        if may_lose or needs_zone(old, new):
            yield sees_every_row(self.table)
        if needs_zone(old, new):
            using = in_utc(quote(self.column), quote(self.column), old, new)
            call = self._instead(*using) if using else ""
            zoneless = errors.of_zone(self.label, sql, call)
            column, table = quote(self.column), self.table.sql
            found = (
                f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL LIMIT 1"  # quoted
            )
            yield Precondition(found, lambda _rows: zoneless, as_written=True)
        elif may_lose:
            casts = (f"{quote(self.column)}::{type_}" for type_ in (sql.cast, old.sql))
            window = Window(self.table, self.column, self.column)
            types, instead = (old.sql, sql), self._instead(*casts)
            yield Narrowing(window, (old, new), types, instead).look(max_seconds=None)

    def _kinds(
        self, answer: Alteration | None
    ) -> tuple[ValueKind | None, ValueKind | None]:
        if answer is not None:
            return answer.kinds or (None, None)
        if self.existing_type is None or self.sql_type is None:
            return None, None
        existing = SqlType.of(self.existing_type, "existing_type")
        return kind_of_sql(existing.cast), kind_of_sql(self.sql_type.cast)

    def _instead(self, using: str, reverse_using: str) -> str:
        make: Callable[..., ZdtOperation] = REGISTERED["expand_alter_column_type"]
        begin = make(
            *(self.table.name, self.column, self.type),
            existing_type=self.existing_type,
            using=using,
            reverse_using=reverse_using,
            schema=self.table.schema,
        )
        return begin.call

    def _skip_if(self, answer: Alteration | None) -> SkipCondition:
        if answer is not None:
            so = is_defined(self.table, self.column, answer.becomes)
            return SkipCondition(so, f'"{self.label}" is as wanted already')
        if self.sql_type is not None and self.server_default is False:
            of_type = catalog.is_of_type(self.table, self.column, self.sql_type.cast)
            return SkipCondition(of_type, f'"{self.label}" is {self.sql_type.sql}')
        return SkipCondition(NEVER_DONE, "never")
