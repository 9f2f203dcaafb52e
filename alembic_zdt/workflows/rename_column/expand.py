"""Rename a column while code uses either name.

``RENAME COLUMN`` takes milliseconds, and every query with the old name fails from then
on.  So for a while the table has both columns.  The *expand* adds a twin, and a trigger
that keeps both equal.  The *migrate* fills the twin in old rows, proves that every row
is filled, and builds the indexes of the original on the twin.  Both run before the new
code is deployed, because until the end of the *migrate* old rows have NULL under the
new name.  After every old process has ended, the *contract* drops the twin and renames
the original, in one short transaction.  Indexes, foreign keys, defaults, comments and
policies of the original stay.

What can still go wrong: from the build of a unique index on the twin until the
contract, an upsert may now and then fail with a unique violation.  COPY without a list
of columns, and ``SELECT *`` into a fixed number of variables, see one more column.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic_zdt.catalog.large_values import LargestValue
from alembic_zdt.operations.base import ZdtOperation, directive
from alembic_zdt.operations.refusals.window_kept import no_other_window
from alembic_zdt.server_facts import Question, Server
from alembic_zdt.steps import Precondition, Step
from alembic_zdt.twin.repair import (
    changed_around,
    mending,
    renamed_columns,
)
from alembic_zdt.workflows.outdated import noted
from alembic_zdt.workflows.phase_options import ExpandPhase
from alembic_zdt.workflows.rename_column.base import RenameOp

if TYPE_CHECKING:
    from alembic_zdt.workflows.rename_column.contract import ContractRenameColumnOp


@directive
class ExpandRenameColumnOp(ExpandPhase, RenameOp):
    """Give a column two names for a while: the first of three phases.

    It adds a twin of the column, and a trigger that keeps both equal, whichever of
    them code writes.  Deploy code that uses the new name after
    ``op.migrate_rename_column()``.  After every old process has ended, end the
    rename with ``op.contract_rename_column()``.

    An INSERT takes the new column's value if it has one, else the old column's.
    An UPDATE takes the value of the column that it changes.

    With ``strategy="view"`` no value is copied.  The table gets another name, and a
    view with the table's name shows the column under both names until the contract.
    The notes on renames list the limits of a view.

    Args:
        column_name: the current name.
        strategy: ``twin``, a second column, or ``view``; the same in all phases.
        on_conflict: which column wins when one UPDATE writes different values into
            both: ``new``, ``old``, or ``error`` (SQLSTATE 23000).  A view refuses
            such an UPDATE.

    Raises:
        UndefinedObjectError: the table or the column does not exist.
        UsageError: both names are the same, or an argument is unknown.
        DuplicateObjectError: another column has the new name.
        DependentObjectsError: an object makes a twin, or the view, impossible; all
            of them are listed.
        PreconditionError: a view would show rows that row level security hides,
            or rows cannot be updated for lack of a replica identity.

    https://www.postgresql.org/docs/current/plpgsql-trigger.html
    """

    directive = "expand_rename_column"

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'begin to rename "{self.table.label}.{self.column}"'

    def questions(self) -> Sequence[Question[Any]]:
        """Add the questions for the largest value and for outdated functions."""
        large = () if self.view else (LargestValue(self.table, self.column),)
        return (*super().questions(), *large, self.outdated.question)

    def reverse(self) -> ZdtOperation:
        """Return the contract that ends the window and keeps the old name."""
        return self.opposite(_contract())

    def contract(self) -> ZdtOperation:
        """Return the call that ends the rename."""
        return self.phase(_contract())

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a table without the old name, unless the rename is done."""
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
        """Return the steps that open the window, or mend one that is open."""
        note = self.outdated.note(server)
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
