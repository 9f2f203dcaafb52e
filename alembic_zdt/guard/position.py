"""The position of a run: revision, transaction and line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_zdt.catalog.session import runs_alone
from alembic_zdt.recording.call import AUTOCOMMIT, Call, line_now
from alembic_zdt.removals import Removals
from alembic_zdt.runner.run_state import run_state

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


class Position:
    """The position of one run.

    Args:
        context: of the run.

    Attributes:
        path: the path of the present revision's file.
        undone: what the upgrade of the revision makes, None in an upgrade.
        is_new_database: whether it had no table before the run, so that it can be
            created again.
    """

    def __init__(self, context: MigrationContext) -> None:
        self.path = ""
        self.undone: Removals | None = None
        self.is_new_database = False
        self._context = context
        self._begun: tuple[Any, int] = (None, 1)

    def call(self, operation: Any) -> Call:
        """Return the present call of an operation, or of a statement for None."""
        line, assured = line_now(self.path), run_state(self._context).assured
        return Call(operation, self._transaction(), self.path, line, assured=assured)

    def _transaction(self) -> int:
        connection: Any = self._context.connection
        if runs_alone(connection):
            return AUTOCOMMIT
        begun, number = self._begun
        if connection.get_transaction() is not begun:
            self._begun = (connection.get_transaction(), number + 1)
        return self._begun[1]
