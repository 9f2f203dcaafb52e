"""Drop a column after every process that names it has ended.

``DROP COLUMN`` takes ACCESS EXCLUSIVE on every table that its foreign keys refer to,
and deletes its indexes under that lock.  So foreign keys and indexes are dropped
before, each in its own way.  The directive refuses if other objects would be dropped
with the column, for example an index together with another column.
``op.expand_drop_column()`` explains both phases.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from alembic_zdt.catalog import column as catalog
from alembic_zdt.catalog import obstacles
from alembic_zdt.catalog.dependents.base import Dependents, DependentsQuestion
from alembic_zdt.catalog.dependents.foreign_keys import DependentKey
from alembic_zdt.catalog.dependents.views import (
    DependentViews,
    locking,
    nothing_of_its_own,
    standing_aside,
)
from alembic_zdt.catalog.windows import open_windows as windows
from alembic_zdt.locks import LockMode
from alembic_zdt.names import quote
from alembic_zdt.operations.base import (
    directive,
    require_table,
)
from alembic_zdt.operations.indexes.concurrent_index import DropIndexConcurrentlyOp
from alembic_zdt.operations.refusals.needed import DROP_FIRST, needed
from alembic_zdt.operations.refusals.window_kept import none_stands
from alembic_zdt.server_facts import Question, Server, TableQuestion
from alembic_zdt.steps import Precondition, RelationLock, SkipCondition, Step
from alembic_zdt.workflows.column_type.key_copies import dropping
from alembic_zdt.workflows.drop_column.base import DropColumnOp
from alembic_zdt.workflows.outdated import Outdated, ignored_names


@directive
class ContractDropColumnOp(DropColumnOp):
    """Drop a column that no code uses any more.

    Its foreign keys and its indexes are dropped first, without blocking reads or
    writes.

    Args:
        ignore_mentions: names of functions and triggers whose text names the
            column, but that do not fail without it.

    Raises:
        UndefinedObjectError: the table or the column does not exist.
        UsageError: ``ignore_mentions`` is no list of names.
        GateClosedError: sessions from before the expand are connected.
        DependentObjectsError: views, foreign keys of other tables, or indexes and
            constraints with other columns need it, or a function still names it;
            all of them are listed.

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "contract_drop_column"

    def __init__(
        self,
        *names: str,
        ignore_mentions: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*names, **options)
        ignored = ignored_names(ignore_mentions)
        self._outdated = Outdated(self.table, self.column, ignored=ignored)

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'drop column "{self.label}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's own call."""
        return (self.table.name, self.column), {
            "ignore_mentions": list(self._outdated.ignored) or None,
            "schema": self.table.schema,
            "if_exists": self.if_exists or None,
        }

    def reverse(self) -> NoReturn:
        """Raise an error, because the values are lost."""
        self._irreversible(
            f'The values of "{self.label}" are gone.',
            "Write op.expand_add_column() with its type into the downgrade, if an "
            "empty column is enough.",
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions for the table and for the column's dependent objects."""
        return (
            TableQuestion(self.table),
            DependentsQuestion(self.table, self.column),
            self._views,
            self._outdated.question,
        )

    @property
    def _views(self) -> DependentViews:
        return DependentViews(self.table, self.column)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse to drop objects that do not belong to the column alone."""
        require_table(self.table, server)
        return self._nothing_else(server)

    def _nothing_else(self, server: Server) -> tuple[Precondition, ...]:
        alone, views = self._alone(server), server.answer(self._views) or ()
        found = obstacles.of_drop(
            self.table,
            self.column,
            alone,
            default_is_kept=True,
            generated_goes=True,
            views_stand_aside=bool(views),
        )
        queries = (found, *map(obstacles.of_drop_table, views))
        names = {"table": self.table.label, "column": self.column}
        refused = needed(self.purpose, DROP_FIRST, **names)
        is_there = catalog.exists(self.table, self.column)
        window = windows.stands_on_column(self.table, self.column)
        return (
            none_stands(window, self.purpose, self.table.schema),
            *(Precondition(query, refused) for query in queries),
            *(nothing_of_its_own(view, self.table) for view in views),
            *self._outdated.refused(server, self, is_there),
        )

    def _alone(self, server: Server) -> tuple[str, ...]:
        dependents = self._standing(server)
        if dependents is None:
            return ()
        keys = tuple(key.name for key in self._own_keys(dependents, server))
        checks = tuple(c.name for c in dependents.checks if c.is_alone)
        indexes = tuple(i.name for i in dependents.indexes if i.is_alone)
        return (*keys, *checks, *indexes)

    def _standing(self, server: Server) -> Dependents | None:
        return server.answer(DependentsQuestion(self.table, self.column))

    def _own_keys(
        self, dependents: Dependents, server: Server
    ) -> Iterator[DependentKey]:
        own = server.table(self.table).located(self.table)
        for key in dependents.keys:
            if key.table == own and key.columns == (self.column,):
                yield key

    def steps(self, server: Server) -> Sequence[Step]:
        """Return steps that drop the foreign keys, the indexes and then the column."""
        return (*self._before(server), self._drop(server))

    def _before(self, server: Server) -> Iterator[Step]:
        dependents = self._standing(server)
        facts = server.table(self.table)
        if dependents is None:
            return
        yield from (dropping(key) for key in self._own_keys(dependents, server))
        if facts.is_partitioned:  # there DROP INDEX takes the same lock
            return
        schema = facts.schema or self.table.schema
        for index in dependents.indexes:
            if index.is_alone and not index.constraint:
                drop = DropIndexConcurrentlyOp(
                    index.name, self.table.name, schema=schema
                )
                yield from drop.steps(server)

    def _drop(self, server: Server) -> Step:
        tree = server.table(self.table).is_partitioned
        views = server.answer(self._views) or ()
        drop = f"ALTER TABLE {self.table.sql} DROP COLUMN {quote(self.column)}"
        return Step(
            purpose=self.purpose,
            statements=standing_aside(views, self.table, (drop,)),
            locks=(
                *locking(views),
                RelationLock(LockMode.ACCESS_EXCLUSIVE, self.table, tree=tree),
            ),
            skip_if=SkipCondition(
                f"(NOT {catalog.exists(self.table, self.column)})",
                f'there is no column "{self.column}"',
            ),
            preconditions=self._nothing_else(server),
            stands_on=(self.table,),
        )
