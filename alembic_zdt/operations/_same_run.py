"""A contract must not run in the very run that began its window.

Code that knows only the old column has had no time to go away then.  Where there are
no rows, or nobody is connected, there is no such code.
https://www.postgresql.org/docs/current/monitoring-stats.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.errors import GateClosedError, ZdtError
from alembic_zdt.facts import Server
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import Precondition, Row
from alembic_zdt.twin.window import Window

_SOMEBODY_IS_THERE = (
    "EXISTS (SELECT FROM pg_catalog.pg_stat_activity a"
    " WHERE a.datname = pg_catalog.current_database()"
    " AND a.pid <> pg_catalog.pg_backend_pid()"
    " AND coalesce(a.backend_type, 'client backend') = 'client backend')"
)


def opened_earlier(window: Window, server: Server) -> Sequence[Precondition]:
    """The gate, if *window* was opened by this run.

    Args:
        window: that is to be ended.
        server: knows which windows this run has opened.
    """
    return begun_by_this_run(window.key, window.table, window.original, server)


def begun_by_this_run(
    key: str, table: QualifiedName, old_name: str, server: Server
) -> Sequence[Precondition]:
    """The gate, if what has this key was opened by this run.

    Args:
        key: of the window.
        table: whose rows code may be using.
        old_name: what that code knows.
        server: knows what this run has opened.
    """
    if key not in server.opened:
        return ()

    def refused(_rows: Sequence[Row]) -> ZdtError:
        return GateClosedError(
            f'the expand was applied in this very run: code that knows "{old_name}" '
            "may still be running",
            detail=f'"{table.words}" has rows, and other sessions are connected to '
            "the database.",
            hint="Deploy the new code, then upgrade again: what is done stays done.  "
            "Where nobody else uses the database: -x zdt.allow_same_run=true.",
            table=table.words,
        )

    words = "'the expand is of the same run, there are rows, and other sessions'"
    rows = f"EXISTS (SELECT FROM {table.sql})"
    found = f"SELECT {words} WHERE {rows} AND {_SOMEBODY_IS_THERE}"
    return (Precondition(found, refused),)
