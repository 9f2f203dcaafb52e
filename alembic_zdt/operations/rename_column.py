"""Renaming a column while code for either name is alive.

``RENAME COLUMN`` takes a moment, and in that moment every query of the code that still
says the old name begins to fail.  So for a while there are both: *expand* makes a twin
and a trigger that keeps the two equal, and *migrate* fills the twin of the old rows,
proves that none is left, and builds the indexes of the original on the twin.  Both run
before the new code is deployed: until the end of *migrate* old rows hold NULL under the
new name.  After every old process is gone, *contract* drops the twin and renames the
original, all in one short transaction.  Indexes, foreign keys, defaults, comments and
policies of the original stay.

What can still go wrong: from the build of a unique index on the twin until the contract
an upsert may now and then fail with a unique violation; COPY without a list of columns,
and ``SELECT *`` into a fixed number of variables, see one column more.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from alembic.operations import ops

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.triggers import checked_triggers
from alembic_zdt.catalog.copies import Copies
from alembic_zdt.catalog.large_values import LargestValue
from alembic_zdt.errors import UndefinedObjectError, ZdtError
from alembic_zdt.facts import Question, Server
from alembic_zdt.names import quote
from alembic_zdt.operations._backfilling import backfilling
from alembic_zdt.operations._base import ZdtOperation, directive
from alembic_zdt.operations._index_copies import copying_steps, while_open
from alembic_zdt.operations._mentions import Outdated, noted
from alembic_zdt.operations._renaming import RenameOp, winner_of
from alembic_zdt.operations._validation import validation_steps
from alembic_zdt.operations._window_kept import no_other_window
from alembic_zdt.steps import Guard, Precondition, Row, Step
from alembic_zdt.twin.renamed import RenamedQuestion
from alembic_zdt.twin.repair import (
    changed_around,
    is_broken,
    mending,
    renamed_columns,
)
from alembic_zdt.twin.window import Window, Winner

if TYPE_CHECKING:
    from alembic.operations import Operations


@directive
class ExpandRenameColumnOp(RenameOp):
    """The operation behind ``op.expand_rename_column()``."""

    directive = "expand_rename_column"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        new_column_name: str,
        *,
        on_conflict: Literal["new", "old", "error"] = "new",
        **options: Any,
    ) -> None:
        super().__init__(table_name, column_name, new_column_name, **options)
        self.winner = winner_of(on_conflict)

    @classmethod
    def expand_rename_column(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        new_column_name: str,
        *,
        strategy: Literal["twin", "view"] = "twin",
        on_conflict: Literal["new", "old", "error"] = "new",
        schema: str | None = None,
    ) -> None:
        """Let a column have two names for a while: the first of three phases.

        Makes a twin of the column, and a trigger that keeps the two equal whichever of
        them is written.  Deploy code that uses the new name after
        ``op.migrate_rename_column()``.  After every old process is gone, end it with
        ``op.contract_rename_column()``.

        An INSERT takes the new column's value if it has one, else the old column's.
        An UPDATE takes the value of the column that it changes.

        With ``strategy="view"`` nothing is copied: the table gets another name, and a
        view takes its own and shows the column twice, for as long as that lasts.  What
        a view cannot do is in the notes on renames.

        Args:
            table_name: the table.
            column_name: the name that there is.
            new_column_name: the name that there shall be.
            strategy: ``twin``, a second column, or ``view``; the same in all phases.
            on_conflict: which one wins when one UPDATE changes both, to different
                values: ``new``, ``old``, or ``error`` (SQLSTATE 23000).  A view refuses
                such an UPDATE.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such table or column.
            DuplicateObjectError: there is a column of the new name.
            DependentObjectsError: something makes a twin, or the view, impossible; all
                of it is listed.
            PreconditionError: a view would show rows that row level security hides,
                or rows cannot be updated for lack of a replica identity.
            LockNotAvailableError: the lock could not be had in time.

        Example::

            op.expand_rename_column("users", "email", "email_address")

        Instead of::

            op.alter_column("users", "email", new_column_name="email_address")

        https://www.postgresql.org/docs/current/plpgsql-trigger.html
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                new_column_name,
                strategy=strategy,
                on_conflict=on_conflict,
                schema=schema,
            )
        )

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'begin to rename "{self.table.words}.{self.column}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        names, options = super().arguments()
        chosen = None if self.winner is Winner.NEW else self.winner.value
        return names, {"on_conflict": chosen, **options}

    def questions(self) -> Sequence[Question[Any]]:
        """How large the values are, too."""
        large = () if self.view else (LargestValue(self.table, self.column),)
        return (*super().questions(), *large, self._outdated.question)

    @property
    def _outdated(self) -> Outdated:
        return Outdated(self.table, self.column, self.new_column)

    def reverse(self) -> ZdtOperation:
        """End the window, and keep the old name."""
        return self.opposite("contract")

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """There must be the old name, unless all is done."""
        trusted = super().preconditions(server)
        if self.view:
            return self.view.beginning()
        twin = self.twin(server)
        return (
            *trusted,
            renamed_columns(twin),
            changed_around(twin),
            *no_other_window(twin, server, self.purpose),
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Open the window; where one is open already, mend what is broken of it."""
        note = self._outdated.note(server)
        if self.view:
            return (noted(self.view.opening(), note),)
        largest = server.answer(LargestValue(self.table, self.column)) or 0
        twin = replace(self.twin(server, self.winner), largest=largest)
        names = (self.table.name, self.column, self.new_column)
        by_view = type(self)(*names, strategy="view", schema=self.table.schema)
        opening = twin.opening(instead=f"; {by_view.call} copies nothing")
        return (noted(opening, note), *mending(twin, server))


@directive
class MigrateRenameColumnOp(RenameOp):
    """The operation behind ``op.migrate_rename_column()``."""

    directive = "migrate_rename_column"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        new_column_name: str,
        *,
        copy_indexes: bool = True,
        triggers: Literal["fire", "skip"] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(table_name, column_name, new_column_name, **options)
        self.copy_indexes = copy_indexes
        self.triggers = checked_triggers(triggers)

    @classmethod
    def migrate_rename_column(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        new_column_name: str,
        *,
        strategy: Literal["twin", "view"] = "twin",
        copy_indexes: bool = True,
        triggers: Literal["fire", "skip"] | None = None,
        schema: str | None = None,
    ) -> None:
        """Fill the new column of the old rows, and prove that none is left.

        The second of three phases, after ``op.expand_rename_column()``.  It works in
        short batches, as ``op.backfill()`` does, and goes on where it was when it is
        interrupted.  Then it builds the indexes and extended statistics of the old
        column on the new one, concurrently; the contract drops them.  Run it before
        code that uses the new name is deployed.
        With ``strategy="view"`` there is nothing to fill or to build.

        Args:
            table_name: the table.
            column_name: the old name.
            new_column_name: the new name.
            strategy: as in ``op.expand_rename_column()``.
            copy_indexes: False builds no indexes and no extended statistics.
            triggers: as in ``op.backfill()``.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such table or column, or the expand is missing.
            LockNotAvailableError: rows stay locked, or a transaction keeps an index
                from being built.

        Example::

            op.migrate_rename_column("users", "email", "email_address")

        Instead of::

            op.alter_column("users", "email", new_column_name="email_address")

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        names = table_name, column_name, new_column_name
        operations.invoke(
            cls(
                *names,
                strategy=strategy,
                copy_indexes=copy_indexes,
                triggers=triggers,
                schema=schema,
            )
        )

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'fill "{self.table.words}.{self.new_column}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        names, options = super().arguments()
        copied = None if self.copy_indexes else False
        chosen = {"copy_indexes": copied, "triggers": self.triggers or None}
        return names, {**chosen, **options}

    def questions(self) -> Sequence[Question[Any]]:
        """What serves queries of the old column, too."""
        serving = (self._serving, self._copies) if self._copies_indexes else ()
        return (*super().questions(), *serving)

    @property
    def _serving(self) -> RenamedQuestion:
        return RenamedQuestion(self.table, self.column, self.new_column)

    @property
    def _copies(self) -> Copies:
        return Copies(self.table, self.new_column)

    @property
    def _copies_indexes(self) -> bool:
        return self.copy_indexes and not self.view

    def reverse(self) -> ops.ModifyTableOps:
        """Nothing: what is filled does no harm."""
        return ops.ModifyTableOps(self.table.name, [], schema=self.table.schema)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """The window must be open."""
        trusted = super().preconditions(server)
        if self.view:
            return (self.view.known(),)
        twin = self.twin(server)
        return (
            *trusted,
            renamed_columns(twin),
            changed_around(twin),
            Precondition(f"SELECT 1 WHERE NOT {twin.is_begun}", self._not_begun),
            is_broken(twin, self.phase("expand").call, self.call),
        )

    def _not_begun(self, _rows: Sequence[Row]) -> ZdtError:
        begin = self.phase("expand")
        return UndefinedObjectError(
            f'"{self.table.words}.{self.new_column}" is not a twin of "{self.column}"',
            detail="No trigger keeps the two equal.",
            hint=f"Begin with {begin.call}.",
            table=self.table.words,
            column=self.new_column,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Fill it, validate the CHECK, then build what serves queries."""
        if self.view:
            return ()
        twin = self.twin(server)
        definition = Definition(
            self.table,
            {self.new_column: quote(self.column)},
            where=f"NOT ({twin.sync.condition})",
            directive="migrate_rename_column",
            triggers=self.triggers,
        )
        done = twin.is_filled
        proven = Guard(done, "every row is proven to have it")
        filling = backfilling(definition.default_name, definition, guard=proven)
        facts = server.table(self.table)
        check = twin.window.check
        validating = validation_steps(check, self.table, facts, done=done)
        return (filling, *validating, *self._copying(server, twin.window))

    def _copying(self, server: Server, window: Window) -> Iterator[Step]:
        found = server.answer(self._serving)
        if not self._copies_indexes or found is None:
            return
        copies = server.answer(self._copies) or ()
        steps = copying_steps(window, server.table(self.table), found, copies)
        yield from while_open(window, steps)
