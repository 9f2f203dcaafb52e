"""Dropping a table that no code uses any more.

``DROP TABLE`` takes ACCESS EXCLUSIVE on every table that its foreign keys refer to, all
in one transaction.  So they go first, one by one, and the table at last.  Of many
partitions each takes its time under these locks: a few at a time go before all else.

A script cannot know them when it is written, and refuses a table that has some.

What can still go wrong: nothing checks whether code still reads the table; a look at
``pg_stat_user_tables`` does.

https://www.postgresql.org/docs/current/sql-droptable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NoReturn

from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.catalog import obstacles, windows
from alembic_zdt.catalog.dependents.foreign_keys import OutgoingKey, OutgoingKeys
from alembic_zdt.errors import DependentObjectsError, WrongObjectTypeError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked, quote
from alembic_zdt.operations.base import TABLES, ZdtOperation, directive
from alembic_zdt.operations.window_kept import no_view, none_stands
from alembic_zdt.server_facts import RELATION_KINDS, Question, Server, TableQuestion
from alembic_zdt.steps import Precondition, RelationLock, Row, SkipCondition, Step

if TYPE_CHECKING:
    from alembic.operations import Operations

_MANY = 20
_AT_ONCE = 10


@directive
class ContractDropTableOp(ZdtOperation):
    """The operation behind ``op.contract_drop_table()``."""

    directive = "contract_drop_table"

    def __init__(self, table_name: str, *, schema: str | None = None) -> None:
        self.table = QualifiedName(checked(table_name, "table"), schema)

    @classmethod
    def contract_drop_table(
        cls, operations: Operations, table_name: str, *, schema: str | None = None
    ) -> None:
        """Drop a table that no code uses any more.

        Its foreign keys go first, one by one, so that each table they refer to is
        locked for a moment only.  Gone already: skipped.

        Args:
            table_name: the table.
            schema: its schema, default: by search_path.

        Raises:
            WrongObjectTypeError: it is a view or the like.
            GateClosedError: sessions of old code are connected.
            DependentObjectsError: views or foreign keys of other tables need it; all
                of them are listed.  Or it has an open window.
            LockNotAvailableError: a lock could not be had in time.

        Example::

            op.contract_drop_table("orders")

        Instead of::

            op.drop_table("orders")

        https://www.postgresql.org/docs/current/sql-droptable.html
        """
        operations.invoke(cls(table_name, schema=schema))

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'drop table "{self.table.words}"'

    @property
    def subject(self) -> str:
        """The table."""
        return self.table.words

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        return (self.table.name,), {"schema": self.table.schema}

    def reverse(self) -> NoReturn:
        """There is none: the rows are gone."""
        self._irreversible(
            f'The rows of "{self.table.words}" are gone.',
            "Write op.create_table(...) into the downgrade, if an empty table is "
            "enough.",
        )

    def questions(self) -> Sequence[Question[Any]]:
        """The table and its foreign keys."""
        return TableQuestion(self.table), OutgoingKeys(self.table)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """It must be a table, and nothing may need it."""
        facts = server.answer(TableQuestion(self.table))
        if facts is not None and facts.kind not in TABLES:
            found = RELATION_KINDS.get(facts.kind, "another kind of relation")
            raise WrongObjectTypeError(
                f'"{self.table.words}" is {found}, not a table',
                detail="Only a table can be dropped so.",
                hint="Name the table.",
                table=self.table.words,
            )
        return self._nothing_else(server)

    def _nothing_else(self, server: Server) -> tuple[Precondition, ...]:
        queries = [obstacles.of_drop_table(self.table)]
        if not server.online:  # nobody knows which tables would have to be locked
            queries.append(constraint_catalog.foreign_keys(self.table))
        # A partition is no more than its rows.
        window = f"{windows.stands_on_table(self.table)} AND NOT t.relispartition"
        return (
            none_stands(window, self.purpose, self.table.schema),
            no_view(self.table, self.purpose),
            Precondition(obstacles.all_of(*queries), self._refused),
        )

    def _refused(self, rows: Sequence[Row]) -> ZdtError:
        found = "; ".join(str(row[0]) for row in rows)
        return DependentObjectsError(
            f"cannot {self.purpose}: something else needs it",
            detail=f"Found: {found}.",
            hint="Drop these first, then run the same command again.",
            table=self.table.words,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Foreign keys, then the table."""
        keys = server.answer(OutgoingKeys(self.table)) or ()
        return (
            *self._drop_partitions(server, keys),
            *(self._drop_key(key, server) for key in keys),
            self._drop(server),
        )

    def _drop_partitions(
        self, server: Server, keys: Sequence[OutgoingKey]
    ) -> Iterator[Step]:
        """Drop many partitions a few at a time, those of partitions first."""
        found = server.table(self.table).partitions
        if len(found) < _MANY:
            return
        referents = tuple(
            RelationLock(
                LockMode.ACCESS_EXCLUSIVE,
                key.referent,
                tree=key.referent_is_partitioned,
            )
            for key in keys
            if key.referent != server.table(self.table).located(self.table)
        )
        for parent, siblings in groupby(reversed(found), key=lambda part: part.parent):
            names = [part.name for part in siblings]
            for first in range(0, len(names), _AT_ONCE):
                few = names[first : first + _AT_ONCE]
                yield self._drop_few(parent, few, referents)

    def _drop_few(
        self,
        parent: QualifiedName,
        names: Sequence[QualifiedName],
        referents: Sequence[RelationLock],
    ) -> Step:
        mode = LockMode.ACCESS_EXCLUSIVE
        gone = " AND ".join(f"{name.regclass} IS NULL" for name in names)
        words = _first_to_last(names)
        return Step(
            purpose=f"drop {words}",
            statements=(f"DROP TABLE {', '.join(name.sql for name in names)}",),
            # The server locks the parent before its partition, too.
            locks=(
                *dict.fromkeys(referents),
                RelationLock(mode, parent, only=True),
                *(RelationLock(mode, name) for name in names),
            ),
            skip_if=SkipCondition(f"({gone})", f"there is no {words}"),
        )

    def _drop_key(self, key: OutgoingKey, server: Server) -> Step:
        mode, tree = LockMode.ACCESS_EXCLUSIVE, server.table(self.table).is_partitioned
        referent = RelationLock(mode, key.referent, tree=key.referent_is_partitioned)
        own = RelationLock(mode, self.table, tree=tree)
        is_own = key.referent == server.table(self.table).located(self.table)
        there = constraint_catalog.exists(key.name, self.table)
        return Step(
            purpose=f'drop foreign key "{key.name}" of "{self.table.words}"',
            statements=(
                f"ALTER TABLE {self.table.sql} DROP CONSTRAINT {quote(key.name)}",
            ),
            locks=(own,) if is_own else (referent, own),
            skip_if=SkipCondition(
                f"(NOT {there})", f'there is no constraint "{key.name}"'
            ),
        )

    def _drop(self, server: Server) -> Step:
        tree = server.table(self.table).is_partitioned
        return Step(
            purpose=self.purpose,
            statements=(f"DROP TABLE {self.table.sql}",),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self.table, tree=tree),),
            skip_if=SkipCondition(
                f"({self.table.regclass} IS NULL)",
                f'there is no table "{self.table.words}"',
            ),
            preconditions=self._nothing_else(server),
            stands_on=(self.table,),
        )


def _first_to_last(names: Sequence[QualifiedName]) -> str:
    first, last = names[0].words, names[-1].words
    return f'partition "{first}"' + (f' to "{last}"' if len(names) > 1 else "")
