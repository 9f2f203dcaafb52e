"""The throttles of a worker, from the backfill's call and the worker's settings."""

from __future__ import annotations

from alembic_zdt.backfill.journal import Journal, Record
from alembic_zdt.backfill.slices import Slices
from alembic_zdt.connection import own_process
from alembic_zdt.settings import Settings
from alembic_zdt.throttles.holding import Holds
from alembic_zdt.throttles.load_limits import throttles_of


def holds_of(
    journal: Journal, slices: Slices, record: Record, settings: Settings
) -> Holds:
    """Return the throttles of a worker; the journal shows what it waits for.

    Args:
        journal: the journal, with the worker's session.
        slices: the slices, whose workers do not count as load.
        record: the backfill.
        settings: the settings, for limits that the call does not set.

    Raises:
        UsageError: the function of the caller cannot be imported.
    """
    session = journal.database

    def own() -> set[int]:
        mine = own_process.backend_pids(session.connection)
        return mine | slices.worker_pids()

    def note(reason: str) -> None:
        journal.note_waiting(record.name, reason, record.fingerprint)

    limits = record.definition.limits.or_else(settings)
    found = throttles_of(limits, session, record.name, own)
    return Holds(record.name, found, settings, note, is_noted=bool(record.waiting))
