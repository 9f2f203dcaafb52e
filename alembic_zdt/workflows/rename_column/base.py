"""The common part of the three phases of a rename of a column.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeVar, get_args

from alembic_zdt.catalog.column_copy import ColumnCopyQuestion
from alembic_zdt.catalog.dependents.views import DependentViews
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.base import require_columns, require_table
from alembic_zdt.server_facts import Question, Server, TableQuestion
from alembic_zdt.steps import Precondition
from alembic_zdt.twin.conversion import Unchanged
from alembic_zdt.twin.equality import is_byte_exact
from alembic_zdt.twin.sync import Sync
from alembic_zdt.twin.window import Window, Winner
from alembic_zdt.twin.window_steps import TwinSteps
from alembic_zdt.workflows.phase_options import Arguments, PhaseOp
from alembic_zdt.workflows.rename_column.by_view import ColumnView

Strategy = Literal["twin", "view"]


_Phase = TypeVar("_Phase", bound="RenameOp")


class RenameOp(PhaseOp):
    """A rename of a column.

    Args:
        column_name: the old name.
        new_column_name: the new name.
        strategy: as in ``op.expand_rename_column()``.

    Example::

        op.<directive>("users", "email", "email_address")

    Instead of::

        op.alter_column("users", "email", new_column_name="email_address")
    """

    def __init__(
        self,
        table_name: str,
        column_name: str,
        new_column_name: str,
        *,
        strategy: Literal["twin", "view"] = "twin",
        schema: str | None = None,
    ) -> None:
        if strategy not in get_args(Strategy):
            raise UsageError(
                f'strategy="{strategy}" is neither "twin" nor "view"',
                detail=(
                    'strategy= sets how both names work: "twin" adds a second '
                    'column, "view" puts a view over the table.'
                ),
                hint='Write strategy="view", or leave it out.',
            )
        self.strategy: Strategy = strategy
        self.table = QualifiedName(checked(table_name, "table"), schema)
        self.column = checked(column_name, "column")
        self.new_column = checked(new_column_name, "column")
        if column_name == new_column_name:
            raise UsageError(
                f'"{self.table.label}.{column_name}" has that name already',
                detail="The old and the new name are the same.",
                hint="Pass another new_column_name.",
            )

    def shared_arguments(self) -> Arguments:
        """Return the arguments that all phases have."""
        names = (self.table.name, self.column, self.new_column)
        strategy = None if self.strategy == "twin" else self.strategy
        return names, {"strategy": strategy, "schema": self.table.schema}

    def arguments(self) -> Arguments:
        """Return the arguments of the caller's own call."""
        names, shared = self.shared_arguments()
        return names, self.own_options | shared

    @property
    def view(self) -> ColumnView | None:
        """Return the view with both names, None for a twin."""
        if self.strategy == "twin":
            return None
        return ColumnView(self.table, self.column, self.new_column)

    def phase(self, phase: type[_Phase]) -> _Phase:
        """Return another phase of the same rename."""
        return self._made(phase, self.column, self.new_column)

    def opposite(self, phase: type[_Phase]) -> _Phase:
        """Return a phase of the rename in the other direction."""
        return self._made(phase, self.new_column, self.column)

    def _made(self, phase: type[_Phase], column: str, new_column: str) -> _Phase:
        names = (self.table.name, column, new_column)
        return phase(*names, strategy=self.strategy, schema=self.table.schema)

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions for the table and the column."""
        return (
            TableQuestion(self.table),
            ColumnCopyQuestion(self.table, self.column),
        )

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a missing table, and a table with neither column."""
        if self.view:
            return ()
        facts = require_table(self.table, server)
        # A run that was interrupted after the last phase begins with the first one
        # again.
        if self.new_column not in facts.columns:
            require_columns(self.table, facts, (self.column,), server)
        window = Window(self.table, self.column, self.new_column, facts.schema)
        return (window.ownership,)

    def twin(self, server: Server, winner: Winner = Winner.NEW) -> TwinSteps:
        """Return the steps of a window from the old name to the new one."""
        return twin_of(self.table, self.column, self.new_column, server, winner)


def twin_of(
    table: QualifiedName,
    original: str,
    twin: str,
    server: Server,
    winner: Winner = Winner.NEW,
) -> TwinSteps:
    """Return the steps of a window, with the known facts of the table."""
    facts = server.table(table)
    copy = server.answer(ColumnCopyQuestion(table, original))
    window = Window(table, original, twin, facts.schema)
    conversion = Unchanged(copy is not None and is_byte_exact(copy))
    views = server.answer(DependentViews(table, twin)) or ()
    return TwinSteps(
        Sync(window, conversion, winner),
        facts,
        copy,
        views=views,
        back=Window(table, twin, original, facts.schema),
        is_known=copy is not None,
    )
