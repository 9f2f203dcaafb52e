"""Look for sessions that began before an expand, and wait for their end."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_zdt.catalog import table_age
from alembic_zdt.catalog.client_sessions import (
    ClientSession,
    client_sessions,
)
from alembic_zdt.connection import own_process
from alembic_zdt.connection.database import Database
from alembic_zdt.contract_gate.demands import Demand
from alembic_zdt.contract_gate.gate_errors import closed, in_words
from alembic_zdt.names import QualifiedName
from alembic_zdt.revision_log import connection_of
from alembic_zdt.runner.harmless_sessions import harmless_of
from alembic_zdt.runner.notices import Notices
from alembic_zdt.runner.run_events import gate_closed
from alembic_zdt.runner.run_state import run_state
from alembic_zdt.settings import OldSessions, Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

Tables = tuple[QualifiedName, ...]
"""Tables that old code may use, empty if unknown."""

_SINCE = "Connected since before"
_POLL = 0.5
_GRACE = 0.2
"""Seconds in which a session that has just ended may still be listed."""
_GRACE_POLL = 0.05


class SessionGate:
    """The gate of one revision, or of one call.

    Args:
        context: the migration context of the run.
        settings: the settings: which sessions count, and how long to wait for their
            end.
    """

    def __init__(self, context: MigrationContext, settings: Settings) -> None:
        self._context, self._settings = context, settings

    @property
    def _database(self) -> Database:
        return Database(connection_of(self._context))

    def closed_for(self, demand: Demand) -> Tables | None:
        """Return the tables that old code may use, None if no old code is connected.

        Args:
            demand: the contract, its tables and its expand; the connection is in a
                transaction.
        """
        tables = self._in_use(demand)
        if tables is None:
            return None
        began = time.monotonic()
        while old := self._old_sessions(demand, tables):
            if time.monotonic() - began > _GRACE:
                break
            self._database.sleep(_GRACE_POLL)
        if old and demand.expand is not None:
            return tables
        if demand.expand is None or demand.expand.is_guess:
            self._warn(demand, tables)
        return None

    def wait(self, demand: Demand, tables: Tables) -> None:
        """Wait for the end of old sessions as long as the settings allow.

        Args:
            demand: the contract, its tables and its expand.
            tables: the tables that old code may be using.

        Raises:
            GateClosedError: some are still connected.
        """
        if demand.expand is None:
            return
        policy = self._settings.old_sessions
        notices, is_told = Notices(self._settings, at_once=True), False
        deadline = time.monotonic() + policy.patience.total_seconds()
        while old := self._old_sessions(demand, tables):
            now = time.monotonic()
            if now >= deadline:
                raise closed(demand, demand.expand, old, policy)
            if not is_told:
                is_told = True
                error = closed(demand, demand.expand, old, OldSessions())
                gate_closed(error, waits=True)
            if notices.is_due():
                notices.say(f"waiting for old sessions to end. {in_words(old, _SINCE)}")
            self._database.sleep(min(_POLL, deadline - now))

    def _in_use(self, demand: Demand) -> Tables | None:
        """Return the tables that old code may use, None if it uses none."""
        begin = run_state(self._context).began
        if demand.tables:
            found = table_age.in_use(self._database, demand.tables, begin)
            return tuple(found) or None
        settings = self._settings
        own = settings.own_tables
        own |= {str(self._context.version_table)}
        is_used = table_age.anything_in_use(self._database, own, begin)
        return () if is_used else None

    def _old_sessions(self, demand: Demand, tables: Tables) -> list[ClientSession]:
        own = own_process.backend_pids(connection_of(self._context))
        harmless = harmless_of(self._settings)
        return [
            session
            for session in client_sessions(self._database, tables, own, harmless)
            if _is_old(session, demand)
        ]

    def _warn(self, demand: Demand, tables: Tables) -> None:
        """Log all sessions if it is unknown when the expand was applied."""
        sessions = self._old_sessions(replace(demand, expand=None), tables)
        if sessions:
            log.warning(
                'cannot tell whether old code is running, which revision "%s" would '
                "break: the log of revisions does not know when the expand of that "
                "revision was applied. %s",
                demand.revision,
                in_words(sessions, "Connected"),
            )


def _is_old(session: ClientSession, demand: Demand) -> bool:
    """Return whether a session began before the expand, or may have."""
    if demand.expand is None or session.began is None:
        return True
    return session.began < demand.expand.applied_at
