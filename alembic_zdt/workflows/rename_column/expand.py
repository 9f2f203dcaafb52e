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

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from alembic_zdt.catalog.large_values import LargestValue
from alembic_zdt.operations._mentions import Outdated, noted
from alembic_zdt.operations.base import ZdtOperation, directive
from alembic_zdt.operations.window_kept import no_other_window
from alembic_zdt.server_facts import Question, Server
from alembic_zdt.steps import Precondition, Step
from alembic_zdt.twin.repair import (
    changed_around,
    mending,
    renamed_columns,
)
from alembic_zdt.twin.window import Winner
from alembic_zdt.workflows.rename_column.base import RenameOp, winner_of

if TYPE_CHECKING:
    from alembic.operations import Operations

    from alembic_zdt.workflows.rename_column.contract import ContractRenameColumnOp


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
        return self.opposite(_contract())

    def contract(self) -> ZdtOperation:
        """Return the call that ends the rename."""
        return self.phase(_contract())

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


def _contract() -> type[ContractRenameColumnOp]:
    from alembic_zdt.workflows.rename_column import contract  # noqa: PLC0415  # imports us

    return contract.ContractRenameColumnOp
