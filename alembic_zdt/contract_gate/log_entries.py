"""Read the last row of each revision from the log of revisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_zdt import revision_log
from alembic_zdt.connection.database import Database
from alembic_zdt.phases import Phase

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True)
class Entry:
    """The last row of a revision in the log.

    Attributes:
        direction: ``upgrade`` or ``downgrade``.
        phase: the phase that the revision had then.
        applied_at: the end of its run, in seconds since the epoch.
    """

    direction: str
    phase: Phase
    applied_at: float


def latest(context: MigrationContext) -> dict[str, Entry]:
    """Return the last row of each revision, empty where there is no log.

    Args:
        context: the migration context of the run.
    """
    database = Database(revision_log.connection_of(context))
    if not revision_log.is_readable(context, database):
        return {}
    rows = database.rows(
        "SELECT DISTINCT ON (revision) revision, direction, phase,"  # noqa: S608
        " extract(epoch FROM applied_at)"
        f" FROM {revision_log.table_of(context).sql}"
        f" WHERE version_table = {revision_log.version_table(context)}"
        f" AND direction NOT LIKE '%{revision_log.BEGUN}'"
        " ORDER BY revision, applied_at DESC"
    )
    return {row[0]: Entry(row[1], Phase(row[2]), float(row[3])) for row in rows}
