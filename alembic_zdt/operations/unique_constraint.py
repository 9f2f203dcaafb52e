"""Adding a UNIQUE constraint or a primary key from an index built concurrently.

``ADD UNIQUE`` and ``ADD PRIMARY KEY`` build their index under ACCESS EXCLUSIVE: nothing
can read or write until it is over.  Built concurrently first, the index becomes the
constraint's in a moment (``USING INDEX``).  A primary key also needs its columns NOT
NULL; they are made so in two phases before, or the moment would be a scan.

What can still go wrong: PostgreSQL has no ``USING INDEX`` for partitioned tables; there
a unique index does the same for everything but foreign keys.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from alembic.operations import ops

from alembic_zdt.catalog import constraint as catalog
from alembic_zdt.errors import DuplicateObjectError, PreconditionError, ZdtError
from alembic_zdt.facts import Question, Server, TableQuestion
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations._base import (
    ZdtOperation,
    directive,
    require_columns,
    require_table,
)
from alembic_zdt.operations._index_ddl import IndexSpec
from alembic_zdt.operations._naming import final_name
from alembic_zdt.operations.check_constraint import name_is_free
from alembic_zdt.operations.constraint import DropConstraintSafelyOp
from alembic_zdt.operations.index import build_steps, canonical_question
from alembic_zdt.operations.not_null import AddNotNullTwoPhaseOp
from alembic_zdt.steps import Guard, Precondition, RelationLock, Row, Step

if TYPE_CHECKING:
    from alembic.operations import Operations


class _ConstraintFromIndex(ZdtOperation):
    """What UNIQUE and PRIMARY KEY have in common."""

    builds_index = True
    kind: str
    contype: str

    def __init__(
        self,
        spec: IndexSpec,
        *,
        deferrable: bool | None = None,
        initially: str | None = None,
    ) -> None:
        self.spec = spec
        self.deferrable = deferrable
        self.initially = initially

    @property
    def name(self) -> str:
        """The name of the constraint and of its index."""
        return str(self.spec.name)

    @property
    def purpose(self) -> str:
        """What it is for."""
        kind = self.kind.lower()
        return f'create {kind} "{self.name}" on "{self.spec.table.words}"'

    @property
    def subject(self) -> str:
        """Its table."""
        return self.spec.table.words

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the key."""
        return self.spec.plain_columns or ()

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        table = self.spec.table
        named = {"schema": table.schema, "deferrable": self.deferrable}
        named |= {"initially": self.initially, **self.spec.options}
        return (self.name, table.name, list(self.columns)), named

    def reverse(self) -> DropConstraintSafelyOp:
        """Drop it, and its index with it."""
        table = self.spec.table
        type_ = "unique" if self.contype == "u" else "primary"
        return DropConstraintSafelyOp(
            self.name, table.name, type_, schema=table.schema, create=self
        )

    def questions(self) -> Sequence[Question[Any]]:
        """The table, and how the server would spell the index."""
        return TableQuestion(self.spec.table), canonical_question(self.spec)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Table and columns must exist, and the rows be in the table itself."""
        table = self.spec.table
        facts = require_table(table, server)
        require_columns(table, facts, self.spec.mentioned_columns, server)
        if facts.is_partitioned:
            self._refuse_partitioned()
        return ()

    def _refuse_partitioned(self) -> NoReturn:
        table = self.spec.table
        raise PreconditionError(
            f"cannot {self.purpose}: the table is partitioned",
            detail="PostgreSQL has no ADD CONSTRAINT ... USING INDEX for partitioned "
            "tables, and without it the build would block reads and writes.",
            hint="A unique index does the same for everything but foreign keys: "
            f'op.create_index_concurrently("{self.name}", "{table.name}", '
            f"{list(self.columns)!r}, unique=True).",
            table=table.words,
        )

    def index_and_constraint(self, server: Server) -> list[Step]:
        """Build the index, then make it the constraint's."""
        canonical = server.answer(canonical_question(self.spec))
        facts = server.table(self.spec.table)
        return [
            *build_steps(self.spec, canonical, facts.schema, done=self._done),
            self._use_index(),
        ]

    @property
    def _done(self) -> str:
        deferrable = bool(self.deferrable) or bool(self.initially)
        deferred = (self.initially or "").upper() == "DEFERRED"
        return catalog.exists(
            self.name,
            self.spec.table,
            f"k.contype = '{self.contype}'",
            catalog.columns_are("conkey", self._all_columns, "conrelid"),
            f"k.condeferrable = {str(deferrable).lower()}",
            f"k.condeferred = {str(deferred).lower()}",
        )

    @property
    def _all_columns(self) -> tuple[str, ...]:
        return self.columns

    def _use_index(self) -> Step:
        table, name = self.spec.table, quote(self.name)
        options = self._timing_words()
        adding = f"ADD CONSTRAINT {name} {self.kind} USING INDEX {name}{options}"
        wanted = f"{self.kind} ({', '.join(self.columns)}){options}"
        return Step(
            purpose=f'make index "{self.name}" the {self.kind.lower()} of the table',
            statements=(f"ALTER TABLE {table.sql} {adding}",),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, table),),
            guard=Guard(self._done, f'constraint "{self.name}" is there'),
            preconditions=(name_is_free(self.name, table, wanted),),
        )

    def _timing_words(self) -> str:
        words = ""
        if self.deferrable is not None:
            words += " DEFERRABLE" if self.deferrable else " NOT DEFERRABLE"
        if self.initially is not None:
            words += f" INITIALLY {self.initially.upper()}"
        return words


@directive
class CreateUniqueConstraintConcurrentlyOp(_ConstraintFromIndex):
    """The operation behind ``op.create_unique_constraint_concurrently()``."""

    directive = "create_unique_constraint_concurrently"
    kind = "UNIQUE"
    contype = "u"

    @classmethod
    def create_unique_constraint_concurrently(
        cls,
        operations: Operations,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        **kw: Any,
    ) -> None:
        """Add a UNIQUE constraint without blocking reads or writes.

        Its index is built concurrently and has the constraint's name.

        Args:
            constraint_name: its name; None for the metadata's naming convention.
            table_name: the table, not a partitioned one.
            columns: column names.
            schema: the table's schema, default: by search_path.
            deferrable: whether it may be deferred.
            initially: ``DEFERRED`` or ``IMMEDIATE``.
            kw: ``postgresql_include``, ``postgresql_nulls_not_distinct`` (15+).

        Raises:
            UndefinedObjectError: no such table or column.
            DuplicateObjectError: the name is taken by something else.
            DuplicateKeysError: there are duplicates.
            PreconditionError: the table is partitioned.
            LockNotAvailableError: a lock could not be had in time.

        Example::

            op.create_unique_constraint_concurrently(
                "uq_users_email", "users", ["email"]
            )

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        stock = ops.CreateUniqueConstraintOp(
            constraint_name, table_name, list(columns), schema=schema
        )
        table = QualifiedName(table_name, schema)
        constraint = stock.to_constraint(operations.migration_context)
        name = final_name(constraint, table)
        spec = IndexSpec(name, table, tuple(columns), unique=True, options=kw)
        operations.invoke(cls(spec, deferrable=deferrable, initially=initially))

    @classmethod
    def from_stock(
        cls, stock: ops.CreateUniqueConstraintOp
    ) -> CreateUniqueConstraintConcurrentlyOp:
        """The safe operation instead of ``create_unique_constraint()``."""
        options = {k: v for k, v in stock.kw.items() if k.startswith("postgresql_")}
        table = QualifiedName(stock.table_name, stock.schema)
        name = final_name(stock.to_constraint(None), table)
        columns = tuple(str(column) for column in stock.columns)
        return cls(
            IndexSpec(name, table, columns, unique=True, options=options),
            deferrable=stock.kw.get("deferrable"),
            initially=stock.kw.get("initially"),
        )

    @property
    def _all_columns(self) -> tuple[str, ...]:
        # INCLUDE columns are in the index, not in the key of the constraint.
        return self.columns

    def steps(self, server: Server) -> Sequence[Step]:
        """The index, then the constraint."""
        return self.index_and_constraint(server)


@directive
class CreatePrimaryKeyConcurrentlyOp(_ConstraintFromIndex):
    """The operation behind ``op.create_primary_key_concurrently()``."""

    directive = "create_primary_key_concurrently"
    kind = "PRIMARY KEY"
    contype = "p"

    @classmethod
    def create_primary_key_concurrently(
        cls,
        operations: Operations,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
    ) -> None:
        """Add a primary key without blocking reads or writes.

        Columns that take NULL are made NOT NULL in two phases first; dropping the
        key later leaves them so.

        Args:
            constraint_name: its name; None for the metadata's naming convention.
            table_name: the table, not a partitioned one.
            columns: column names.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such table or column.
            DuplicateObjectError: the table has a primary key, or the name is taken.
            DuplicateKeysError: there are duplicates.
            NullValuesRemainError: a column holds NULLs.
            PreconditionError: the table is partitioned.
            LockNotAvailableError: a lock could not be had in time.

        Example::

            op.create_primary_key_concurrently("users_pkey", "users", ["id"])

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        stock = ops.CreatePrimaryKeyOp(
            constraint_name, table_name, list(columns), schema=schema
        )
        table = QualifiedName(table_name, schema)
        constraint = stock.to_constraint(operations.migration_context)
        name = final_name(constraint, table)
        operations.invoke(cls(IndexSpec(name, table, tuple(columns), unique=True)))

    @classmethod
    def from_stock(
        cls, stock: ops.CreatePrimaryKeyOp
    ) -> CreatePrimaryKeyConcurrentlyOp:
        """The safe operation instead of Alembic's ``create_primary_key()``."""
        table = QualifiedName(stock.table_name, stock.schema)
        name = final_name(stock.to_constraint(None), table)
        columns = tuple(str(column) for column in stock.columns)
        return cls(IndexSpec(name, table, columns, unique=True))

    @property
    def _not_nulls(self) -> list[AddNotNullTwoPhaseOp]:
        table = self.spec.table
        return [
            AddNotNullTwoPhaseOp(table.name, column, schema=table.schema)
            for column in self.columns
        ]

    def questions(self) -> Sequence[Question[Any]]:
        """Those of the index and those of NOT NULL on each column."""
        own = list(super().questions())
        for not_null in self._not_nulls:
            own += [q for q in not_null.questions() if q not in own]
        return own

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """There must be no other primary key."""
        return (*super().preconditions(server), self._no_other_key())

    def _no_other_key(self) -> Precondition:
        table = self.spec.table

        def other(rows: Sequence[Row]) -> ZdtError:
            return DuplicateObjectError(
                f'"{table.words}" already has another primary key, "{rows[0][0]}"',
                detail=f"There is: {rows[0][1]}.",
                hint="Drop it first with op.drop_constraint_safely("
                f'"{rows[0][0]}", "{table.name}", "primary").',
                name=rows[0][0],
            )

        return Precondition(
            "SELECT k.conname::text, pg_catalog.pg_get_constraintdef(k.oid)"
            " FROM pg_catalog.pg_constraint k"
            f" WHERE k.conrelid = {table.regclass} AND k.contype = 'p'"
            f" AND NOT {self._done}",
            other,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """NOT NULL for each column, the index, then the key."""
        not_nulls = [
            step for not_null in self._not_nulls for step in not_null.steps(server)
        ]
        return [*not_nulls, *self.index_and_constraint(server)]
