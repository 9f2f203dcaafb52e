"""Stop a contract revision while a backfill that it relies on is not done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.backfill import journal as states
from alembic_zdt.backfill.inline import place_of
from alembic_zdt.backfill.journal import Journal, Record
from alembic_zdt.catalog import column
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import BackfillUnfinishedError
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import ends_explained

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def refuse_unfinished(context: MigrationContext, step: Any) -> None:
    """Refuse the upgrade of a contract revision, if a backfill below it is not done.

    Raises:
        BackfillUnfinishedError: there is such a backfill.
        ConnectionLostError: the connection to the server is lost.
    """
    connection = context.connection
    if connection is None or context.as_sql:
        return
    if connection.dialect.name != "postgresql":
        return
    told = ends_explained("look for unfinished backfills")
    with told, contexts.transaction_of_a_migration(context):
        place = place_of(settings_of(context), context)
        journal = Journal(Database(connection), place)
        if not journal.exists:
            return
        unfinished = [
            record
            for record in journal.records(f"status <> '{states.FINISHED}'")
            if _has_its_columns(record, journal.database)
        ]
    below = revisions_below(step)
    for record in unfinished:
        if record.revision is None or record.revision in below:
            raise _refused(record, str(step.revision.revision))


def _has_its_columns(record: Record, database: Database) -> bool:
    """Check whether the columns still exist, because the end of a window drops them."""
    table, values = record.definition.table, record.definition.values
    return all(database.holds(column.exists(table, name)) for name in values)


def revisions_below(step: Any) -> set[str]:
    """Return the revisions before the revision of a step."""
    own = step.revision.revision
    scripts = step.revision_map.iterate_revisions(own, "base")
    return {script.revision for script in scripts} - {own}


_FINISH = "Finish the backfill with: alembic-zdt backfill run. Then upgrade again."


def _refused(record: Record, revision: str) -> BackfillUnfinishedError:
    if record.status == states.CANCELLED:
        hint = "Run its revision again to start it again. Then upgrade again."
    elif record.status in (states.PAUSED, states.FAILED):
        going_on = f"Let it go on with: alembic-zdt backfill resume {record.name}."
        hint = f"{going_on} {_FINISH}"
    else:
        hint = _FINISH
    return BackfillUnfinishedError(
        f'revision "{revision}" must wait: backfill "{record.name}" is {record.status}',
        detail=f"The backfill was begun by {_by_whom(record)}. {_why(record)}".strip(),
        hint=hint,
        name=record.name,
        revision=revision,
    )


def _by_whom(record: Record) -> str:
    revision = record.revision
    return "a script" if revision is None else f'revision "{revision}"'


def _why(record: Record) -> str:
    first = (record.error or "").partition("\n")[0]
    return f"It reported: {first}." if first else ""
