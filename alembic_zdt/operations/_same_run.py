"""A contract must not run in the very run that began its window.

Code that knows only the old column has had no time to go away then.  Where there are
no rows, or nobody is connected, there is no such code.
https://www.postgresql.org/docs/current/monitoring-stats.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.errors import GateClosedError, ZdtError
from alembic_zdt.facts import Server
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
    if window.key not in server.opened:
        return ()
    table = window.table.sql

    def refused(_rows: Sequence[Row]) -> ZdtError:
        return GateClosedError(
            f'"{window.words}" got its twin in this very run: code that knows only '
            "the old column may still be running",
            detail=f'"{window.table.words}" has rows, and other sessions are connected '
            "to the database.",
            hint="Deploy the new code, then upgrade again: what is done stays done.  "
            "Where nobody else uses the database: -x zdt.allow_same_run=true.",
            table=window.table.words,
            column=window.twin,
        )

    words = "'the expand is of the same run, there are rows, and other sessions'"
    rows = f"EXISTS (SELECT FROM {table})"
    found = f"SELECT {words} WHERE {rows} AND {_SOMEBODY_IS_THERE}"
    return (Precondition(found, refused),)
