"""Tell whether code that is running may use what a call renames or drops.

Such a call breaks that code, whatever the number of rows.  No running code uses a table
without rows, a table that the run has made, or a database without other sessions.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_zdt.catalog import table_age
from alembic_zdt.catalog.client_sessions import client_sessions
from alembic_zdt.connection import own_process
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.revision_log import connection_of
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.harmless_sessions import harmless_of
from alembic_zdt.runner.run_state import run_state

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_LASTS = 1.0
"""Seconds for which an answer is kept, because other programs may connect."""

_BREAKING = (ops.DropColumnOp, ops.DropTableOp, ops.RenameTableOp)


def takes_a_name_away(act: Any) -> bool:
    """Check whether an operation renames or drops a name that code may use.

    Args:
        act: a stock operation, or an operation that a statement makes.
    """
    if isinstance(act, ops.AlterColumnOp):
        return act.modify_name is not None
    return isinstance(act, _BREAKING) or getattr(act, "takes_a_name_away", False)


class RunningCode:
    """The sessions of other programs, as the server lists them.

    Args:
        context: the migration context of the run.
        oracle: the oracle, which queries on its own connection.
    """

    def __init__(self, context: MigrationContext, oracle: Oracle) -> None:
        self._context, self._oracle = context, oracle
        self._is_connected = False
        self._asked: float | None = None

    @property
    def is_connected(self) -> bool:
        """Check whether a program is connected, other than harmless ones."""
        now = time.monotonic()
        if self._asked is None or now - self._asked > _LASTS:
            self._asked = now
            self._is_connected = bool(self._oracle.ask(self._anybody))
        return self._is_connected

    def may_use(self, table: QualifiedName | None) -> bool:
        """Check whether running code may use a table that holds rows.

        Args:
            table: the table, None for any table of the database.
        """

        def look(database: Database) -> bool:
            begin = run_state(self._context).began
            if table is None:
                return self._anybody(database) and table_age.anything_in_use(
                    database, self.own_tables, begin
                )
            real = self._oracle.really(table)
            return self._anybody(database, real) and bool(
                table_age.in_use(database, (real,), begin)
            )

        return bool(self._oracle.ask(look))

    def _anybody(self, database: Database, *tables: QualifiedName) -> bool:
        own = own_process.backend_pids(connection_of(self._context))
        harmless = harmless_of(settings_of(self._context))
        return bool(client_sessions(database, tables, own, harmless))

    @property
    def own_tables(self) -> set[str]:
        """Return the names of this package's tables, and of the version table."""
        settings = settings_of(self._context)
        own = settings.own_tables
        return {self._context.version_table, *own}
