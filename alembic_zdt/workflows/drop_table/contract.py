"""Drop a table that no code uses any more.

``DROP TABLE`` takes ACCESS EXCLUSIVE on every table that its foreign keys refer to, all
in one transaction.  So the foreign keys are dropped first, one by one, and the table
last.  Each of many partitions takes time under these locks, so they are dropped first,
a few at a time.

A script cannot know the foreign keys when it is written, and refuses a table that has
some.

What can still go wrong: nothing checks whether the application still reads the table.
``pg_stat_user_tables`` shows it.  The texts of functions are checked.

https://www.postgresql.org/docs/current/sql-droptable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NoReturn

from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.catalog import obstacles
from alembic_zdt.catalog.dependents.foreign_keys import OutgoingKey, OutgoingKeys
from alembic_zdt.catalog.windows import open_windows as windows
from alembic_zdt.errors import WrongObjectTypeError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked, literal, quote
from alembic_zdt.operations.base import TABLES, TableOperation, directive
from alembic_zdt.operations.nothing_to_drop import DropOperation, Sought
from alembic_zdt.operations.refusals.needed import DROP_FIRST, needed
from alembic_zdt.operations.refusals.window_kept import no_view, none_stands
from alembic_zdt.server_facts import RELATION_KINDS, Question, Server, TableQuestion
from alembic_zdt.steps import Precondition, RelationLock, SkipCondition, Step
from alembic_zdt.workflows.outdated import Outdated, ignored_names

_MANY = 20
_AT_ONCE = 10


@directive
class ContractDropTableOp(DropOperation, TableOperation):
    """Drop a table that no code uses any more.

    Its foreign keys are dropped first, one by one, so that each referenced table is
    locked only for milliseconds.

    Args:
        ignore_mentions: names of functions and triggers whose text names the table,
            but that do not fail without it.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table does not exist.
        WrongObjectTypeError: the name belongs to a view or another relation.
        GateClosedError: sessions of old code are connected.
        DependentObjectsError: views or foreign keys of other tables need it, or a
            function names it; all of them are listed.  Or it has an open window.

    Example::

        op.contract_drop_table("orders")

    Instead of::

        op.drop_table("orders")

    https://www.postgresql.org/docs/current/sql-droptable.html
    """

    directive = "contract_drop_table"

    def __init__(
        self,
        table_name: str,
        *,
        ignore_mentions: Sequence[str] | None = None,
        schema: str | None = None,
        if_exists: bool = False,
    ) -> None:
        self.table = QualifiedName(checked(table_name, "table"), schema)
        self.if_exists = bool(if_exists)
        self._outdated = Outdated(self.table, ignored=ignored_names(ignore_mentions))

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'drop table "{self.table.label}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's own call."""
        ignored = list(self._outdated.ignored) or None
        return (self.table.name,), {
            "ignore_mentions": ignored,
            "schema": self.table.schema,
            "if_exists": self.if_exists or None,
        }

    @property
    def sought(self) -> Sought:
        """Return the table, and the query for the others in its schema."""
        schema = self.table.schema
        here = "pg_catalog.pg_table_is_visible(c.oid)"
        where = f"n.nspname = {literal(schema)}" if schema else here
        return Sought(
            "table",
            self.table.name,
            f"({self.table.regclass} IS NOT NULL)",
            None,
            "SELECT c.relname::text FROM pg_catalog.pg_class c"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'pg_catalog' AND {where}",
            f'Schema "{schema}" has' if schema else "The search_path has",
            {"table": self.table.label},
        )

    def reverse(self) -> NoReturn:
        """Raise an error, because the rows are lost."""
        self._irreversible(
            f'The rows of "{self.table.label}" are gone.',
            "Write op.create_table() with its columns into the downgrade, if an empty "
            "table is enough.",
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions for the table, its foreign keys, and functions."""
        table = self.table
        return TableQuestion(table), OutgoingKeys(table), self._outdated.question

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse another kind of relation, and a table that other objects need."""
        facts = server.answer(TableQuestion(self.table))
        if facts is not None and facts.kind not in TABLES:
            found = RELATION_KINDS.get(facts.kind, "another kind of relation")
            raise WrongObjectTypeError(
                f'"{self.table.label}" is {found}, not a table',
                detail="Only a table can be dropped in this way.",
                hint="Name the table.",
                table=self.table.label,
            )
        return self._nothing_else(server)

    def _nothing_else(self, server: Server) -> tuple[Precondition, ...]:
        queries = [obstacles.of_drop_table(self.table)]
        if not server.online:  # the tables to lock are not known
            queries.append(constraint_catalog.foreign_keys(self.table))
        # Dropping a partition of a table with an open window only removes rows.
        window = f"{windows.stands_on_table(self.table)} AND NOT t.relispartition"
        return (
            none_stands(window, self.purpose, self.table.schema),
            no_view(self.table, self.purpose),
            Precondition(
                obstacles.all_of(*queries),
                needed(self.purpose, DROP_FIRST, table=self.table.label),
            ),
            *self._outdated.refused(server, self, f"{self.table.regclass} IS NOT NULL"),
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return steps that drop partitions and foreign keys, then the table."""
        keys = server.answer(OutgoingKeys(self.table)) or ()
        return (
            *self._drop_partitions(server, keys),
            *(self._drop_key(key, server) for key in keys),
            self._drop(server),
        )

    def _drop_partitions(
        self, server: Server, keys: Sequence[OutgoingKey]
    ) -> Iterator[Step]:
        """Drop many partitions a few at a time, partitions of partitions first."""
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
            purpose=f'drop foreign key "{key.name}" of "{self.table.label}"',
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
                f'there is no table "{self.table.label}"',
            ),
            preconditions=self._nothing_else(server),
            stands_on=(self.table,),
        )


def _first_to_last(names: Sequence[QualifiedName]) -> str:
    first, last = names[0].label, names[-1].label
    return f'partition "{first}"' + (f' to "{last}"' if len(names) > 1 else "")
