"""Dropping a column, in the two steps that running code needs.

Code that does not know the column cannot insert while it is NOT NULL without a
default; code that knows it fails as soon as it is gone.  So *expand* lets it be left
out before the new code is deployed.  After every old process is gone, *contract* drops
it.

``DROP COLUMN`` takes ACCESS EXCLUSIVE on every table that its foreign keys refer to,
and deletes its indexes under that lock; so foreign keys and indexes go before, each in
its own way.  What else would go with the column in silence, an index together with
another column for example, is refused.

What can still go wrong: the ORM's model must have stopped naming the column before the
expand's deploy, else ``SELECT`` fails after the contract.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from alembic.operations import ops

from alembic_zdt.catalog import column as catalog
from alembic_zdt.catalog import obstacles, windows
from alembic_zdt.catalog.standing import Standing, StandingQuestion
from alembic_zdt.catalog.standing_keys import StandingKey
from alembic_zdt.catalog.standing_views import (
    StandingViews,
    locking,
    nothing_of_its_own,
    standing_aside,
)
from alembic_zdt.errors import DependentObjectsError, ZdtError
from alembic_zdt.facts import Question, Server, TableQuestion
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked, quote
from alembic_zdt.operations._base import ZdtOperation, directive, require_table
from alembic_zdt.operations._mentions import Outdated, ignored_names
from alembic_zdt.operations._takeover_keys import dropping
from alembic_zdt.operations._window_kept import none_stands
from alembic_zdt.operations.index import DropIndexConcurrentlyOp
from alembic_zdt.operations.not_null import AddNotNullTwoPhaseOp, DropNotNullOp
from alembic_zdt.steps import Guard, Precondition, RelationLock, Row, Step

if TYPE_CHECKING:
    from alembic.operations import Operations


@directive
class ExpandDropColumnOp(ZdtOperation):
    """The operation behind ``op.expand_drop_column()``."""

    directive = "expand_drop_column"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        existing_nullable: bool | None = None,
        schema: str | None = None,
    ) -> None:
        self.table = QualifiedName(checked(table_name, "table"), schema)
        self.column = checked(column_name, "column")
        self.existing_nullable = existing_nullable

    @classmethod
    def expand_drop_column(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        existing_nullable: bool | None = None,
        schema: str | None = None,
    ) -> None:
        """Let code insert without a column that will be dropped: the first phase.

        Drops NOT NULL, unless the column has a default or takes NULL already.  Then
        deploy the code that does not know it.  After every old process is gone, drop
        it with ``op.contract_drop_column()``.

        Args:
            table_name: the table.
            column_name: the column.
            existing_nullable: False lets the downgrade set NOT NULL again.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such table or column.
            DependentObjectsError: the column is part of the primary key.
            LockNotAvailableError: the lock could not be had in time.

        Example::

            op.expand_drop_column("users", "email_lower")

        Instead of::

            op.drop_column("users", "email_lower")

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                existing_nullable=existing_nullable,
                schema=schema,
            )
        )

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'let rows be inserted without "{self.table.words}.{self.column}"'

    @property
    def subject(self) -> str:
        """Its table."""
        return self.table.words

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        return (self.table.name, self.column), {
            "existing_nullable": self.existing_nullable,
            "schema": self.table.schema,
        }

    def reverse(self) -> AddNotNullTwoPhaseOp | ops.ModifyTableOps:
        """Set NOT NULL again, if it is known that it was."""
        table, schema = self.table.name, self.table.schema
        if self.existing_nullable is False:
            return AddNotNullTwoPhaseOp(table, self.column, schema=schema)
        return ops.ModifyTableOps(table, [], schema=schema)

    def questions(self) -> Sequence[Question[Any]]:
        """The table."""
        return (TableQuestion(self.table),)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """The table must exist; a column that is gone needs nothing more."""
        require_table(self.table, server)
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """One step."""
        drop = DropNotNullOp(
            self.table.name, self.column, schema=self.table.schema
        ).steps(server)
        done = catalog.may_be_left_out(self.table, self.column)
        guard = Guard(done, "it takes NULL, has a default, or is gone")
        return tuple(replace(step, guard=guard) for step in drop)


@directive
class ContractDropColumnOp(ZdtOperation):
    """The operation behind ``op.contract_drop_column()``."""

    directive = "contract_drop_column"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        ignore_mentions: Sequence[str] | None = None,
        schema: str | None = None,
    ) -> None:
        self.table = QualifiedName(checked(table_name, "table"), schema)
        self.column = checked(column_name, "column")
        ignored = ignored_names(ignore_mentions)
        self._outdated = Outdated(self.table, self.column, ignored=ignored)

    @classmethod
    def contract_drop_column(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        ignore_mentions: Sequence[str] | None = None,
        schema: str | None = None,
    ) -> None:
        """Drop a column that no code uses any more.

        Its foreign keys and its indexes go first, without blocking reads or writes.
        Gone already: skipped.

        Args:
            table_name: the table.
            column_name: the column.
            ignore_mentions: names of functions and triggers whose text names the
                column, but that will not fail without it.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such table.
            GateClosedError: sessions from before the expand are connected.
            DependentObjectsError: views, foreign keys of other tables, or indexes and
                constraints with other columns need it, or a function still names it;
                all of them are listed.
            LockNotAvailableError: a lock could not be had in time.

        Example::

            op.contract_drop_column("users", "email_lower")

        Instead of::

            op.drop_column("users", "email_lower")

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        names = table_name, column_name
        operations.invoke(cls(*names, ignore_mentions=ignore_mentions, schema=schema))

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'drop column "{self.table.words}.{self.column}"'

    @property
    def subject(self) -> str:
        """Its table."""
        return self.table.words

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        return (self.table.name, self.column), {
            "ignore_mentions": list(self._outdated.ignored) or None,
            "schema": self.table.schema,
        }

    def reverse(self) -> NoReturn:
        """There is none: the values are gone."""
        self._irreversible(
            f'The values of "{self.table.words}.{self.column}" are gone.',
            "Write op.expand_add_column(...) into the downgrade, if an empty column "
            "is enough.",
        )

    def questions(self) -> Sequence[Question[Any]]:
        """The table, and what stands on the column."""
        return (
            TableQuestion(self.table),
            StandingQuestion(self.table, self.column),
            self._views,
            self._outdated.question,
        )

    @property
    def _views(self) -> StandingViews:
        return StandingViews(self.table, self.column)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Nothing may go with it that is not its own."""
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
        is_there = catalog.exists(self.table, self.column)
        window = windows.stands_on_column(self.table, self.column)
        return (
            none_stands(window, self.purpose, self.table.schema),
            *(Precondition(query, self._refused) for query in queries),
            *(nothing_of_its_own(view, self.table) for view in views),
            *self._outdated.refused(server, self, is_there),
        )

    def _alone(self, server: Server) -> tuple[str, ...]:
        standing = self._standing(server)
        if standing is None:
            return ()
        keys = tuple(key.name for key in self._own_keys(standing, server))
        checks = tuple(c.name for c in standing.checks if c.is_alone)
        indexes = tuple(i.name for i in standing.indexes if i.is_alone)
        return (*keys, *checks, *indexes)

    def _refused(self, rows: Sequence[Row]) -> ZdtError:
        found = "; ".join(str(row[0]) for row in rows)
        return DependentObjectsError(
            f"cannot {self.purpose}: something else needs it",
            detail=f"Found: {found}.",
            hint="Drop these first, then run the same command again.",
            table=self.table.words,
            column=self.column,
        )

    def _standing(self, server: Server) -> Standing | None:
        return server.answer(StandingQuestion(self.table, self.column))

    def _own_keys(self, standing: Standing, server: Server) -> Iterator[StandingKey]:
        own = server.table(self.table).located(self.table)
        for key in standing.keys:
            if key.table == own and key.columns == (self.column,):
                yield key

    def steps(self, server: Server) -> Sequence[Step]:
        """Foreign keys, indexes, then the column."""
        return (*self._before(server), self._drop(server))

    def _before(self, server: Server) -> Iterator[Step]:
        standing = self._standing(server)
        facts = server.table(self.table)
        if standing is None:
            return
        yield from (dropping(key) for key in self._own_keys(standing, server))
        if facts.is_partitioned:  # there DROP INDEX takes the same lock
            return
        schema = facts.schema or self.table.schema
        for index in standing.indexes:
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
            guard=Guard(
                f"(NOT {catalog.exists(self.table, self.column)})",
                f'there is no column "{self.column}"',
            ),
            preconditions=self._nothing_else(server),
            stands_on=(self.table,),
        )
