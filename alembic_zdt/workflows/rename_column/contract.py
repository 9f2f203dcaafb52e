"""The end of a rename of a column: one of the two names stays.

Until then no phase changes an object that depends on the original.  So the original
always stays, whichever name it gets.  One short transaction drops the twin with its
indexes, and renames the original if the new name stays.

``op.expand_rename_column()`` explains all phases.

What can still go wrong: code that still uses the dropped name gets errors from then on.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import ops

from alembic_zdt.catalog.dependents.views import DependentViews
from alembic_zdt.errors import UndefinedObjectError, ZdtError
from alembic_zdt.operations.base import directive, require_table
from alembic_zdt.server_facts import Question, Server, TableQuestion
from alembic_zdt.steps import Precondition, Row, Step
from alembic_zdt.twin.repair import domain_default, renamed_columns
from alembic_zdt.twin.window_steps import TwinSteps
from alembic_zdt.workflows.phase_options import ContractPhase
from alembic_zdt.workflows.rename_column.base import RenameOp, twin_of
from alembic_zdt.workflows.rename_column.expand import ExpandRenameColumnOp
from alembic_zdt.workflows.rename_column.migrate import MigrateRenameColumnOp


@directive
class ContractRenameColumnOp(ContractPhase, RenameOp):
    """Keep only the new name of a column: the last of three phases.

    Run it after every old process has ended.  With the names exchanged it keeps the
    old name.  That call is the downgrade of ``op.expand_rename_column()``, at any time
    before the contract.

    Args:
        column_name: the name to drop.
        new_column_name: the name that stays.
        ignore_mentions: names of functions and triggers whose text names the
            dropped column, but that do not fail without it.

    Raises:
        UndefinedObjectError: the table does not exist, or the expand is missing.
        UsageError: both names are the same, or an argument is unknown.
        GateClosedError: not every row is proven to have the new column, or sessions
            from before the expand are connected.
        DependentObjectsError: an object depends on the twin, or uses the view, and
            would be lost; or a function still names the dropped column.

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "contract_rename_column"

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'keep "{self.table.label}.{self.new_column}" alone'

    def reverse(self) -> ops.ModifyTableOps:
        """Return an expand and a migrate to the old name, for old code."""
        again = [
            self.opposite(ExpandRenameColumnOp),
            self.opposite(MigrateRenameColumnOp),
        ]
        schema = self.table.schema
        return ops.ModifyTableOps(self.table.name, again, schema=schema)

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions for the table, its views and outdated functions."""
        return (
            TableQuestion(self.table),
            DependentViews(self.table, self.column),
            DependentViews(self.table, self.new_column),
            self.outdated.question,
        )

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a call without an open or ended window."""
        if self.view:
            return (
                *self.view.ending(),
                *self.outdated.refused(server, self, self.view.is_open),
            )
        require_table(self.table, server)
        forth, back = self._both(server)
        known = (forth.window.is_open, back.window.is_open)
        ended = forth.window.kept(self.new_column)
        wrong = f"SELECT 1 WHERE NOT ({' OR '.join(known)} OR {ended})"
        return (
            forth.window.ownership,
            renamed_columns(forth),
            domain_default(forth),
            domain_default(back),
            Precondition(wrong, self._no_window),
            *self.outdated.refused(server, self, f"({' OR '.join(known)})"),
        )

    def _both(self, server: Server) -> tuple[TwinSteps, TwinSteps]:
        """Return the window towards the new name, and the opposite one."""
        old, new = self.column, self.new_column
        return (
            twin_of(self.table, old, new, server),
            twin_of(self.table, new, old, server),
        )

    def _no_window(self, _rows: Sequence[Row]) -> ZdtError:
        return UndefinedObjectError(
            f'"{self.column}" and "{self.new_column}" of "{self.table.label}" are not '
            "two names of one column",
            detail="No trigger keeps the two columns equal.",
            hint="Correct the names; or drop a column with op.drop_column().",
            table=self.table.label,
            column=self.column,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the steps of both windows, of which only one is open."""
        if self.view:
            return self.view.closing()
        forth, back = self._both(server)
        migrate = self.phase(MigrateRenameColumnOp)
        return (forth.swapping(migrate.call), back.closing())
