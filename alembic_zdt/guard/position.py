"""The position of a run: revision, transaction and line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_zdt.connection.session import runs_alone
from alembic_zdt.recording.call import AUTOCOMMIT
from alembic_zdt.recording.call_maker import CallMaker
from alembic_zdt.removals import Removals
from alembic_zdt.runner.run_state import run_state

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


class Position(CallMaker):
    """The current revision, transaction and line of a run, for the guard.

    Args:
        context: the migration context of the run.

    Attributes:
        revision: the id of the revision.
        undone: the objects that the upgrade of the revision creates, None in an
            upgrade.
        is_new_database: whether it had no table before the run, so that it can be
            created again.
    """

    def __init__(self, context: MigrationContext) -> None:
        super().__init__(self._number, lambda: run_state(context).assured)
        self.revision = ""
        self.undone: Removals | None = None
        self.is_new_database = False
        self._context = context
        self._begun: tuple[Any, int] = (None, 1)

    @property
    def migration(self) -> MigrationContext:
        """Return Alembic's context of the run."""
        return self._context

    def _number(self) -> int:
        """Return the number of the present transaction, or AUTOCOMMIT."""
        connection: Any = self._context.connection
        if runs_alone(connection):
            return AUTOCOMMIT
        begun, number = self._begun
        if connection.get_transaction() is not begun:
            self._begun = (connection.get_transaction(), number + 1)
        return self._begun[1]
