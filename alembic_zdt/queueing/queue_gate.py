"""Stop a contract revision while a queued call of a revision below it is not done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.backfill.gate import revisions_below
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import GateClosedError
from alembic_zdt.queueing.queue_table import (
    FAILED,
    PAUSED,
    QUEUED,
    RUNNING,
    QueuedCall,
    queue_of,
)
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import ends_explained

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

UNFINISHED = (
    f"q.status IN ('{QUEUED}', '{RUNNING}', '{PAUSED}', '{FAILED}')"
    " AND NOT q.is_downgrade"
)


def refuse_queued(context: MigrationContext, step: Any) -> None:
    """Refuse the upgrade of a contract revision, if a queued call below is not done.

    Raises:
        GateClosedError: there is such a call.
        ConnectionLostError: the connection to the server is lost.
    """
    connection = context.connection
    if connection is None or context.as_sql:
        return
    told = ends_explained("look for queued calls")
    with told, contexts.transaction_of_a_migration(context):
        queue = queue_of(Database(connection), settings_of(context), context)
        found = queue.calls(UNFINISHED) if queue.exists else []
    below = revisions_below(step) if found else set()
    for call in found:
        if call.revision is None or call.revision in below:
            raise _refused(call, str(step.revision.revision))


_FINISH = "Finish it with: alembic-zdt work. Then upgrade again."


def _refused(call: QueuedCall, revision: str) -> GateClosedError:
    by = "a script" if call.revision is None else f'revision "{call.revision}"'
    first = (call.error or call.waiting or "").partition("\n")[0]
    why = f" {first[:1].upper()}{first[1:]}." if first else ""
    return GateClosedError(
        f'revision "{revision}" must wait: queued call "{call.name}" is '
        f"{_status(call)}",
        detail=f"The call was queued by {by}: {call.call}.{why}",
        hint=" ".join((*_first(call), _FINISH)),
        name=call.name,
        revision=revision,
    )


def _status(call: QueuedCall) -> str:
    return call.status if call.is_approved else "not approved"


def _first(call: QueuedCall) -> Iterator[str]:
    """Yield what must be done before a worker takes the call."""
    if call.status == FAILED:
        yield f"Try it again with: alembic-zdt queue retry {call.name}."
    elif call.status == PAUSED:
        yield f"Let it go on with: alembic-zdt queue resume {call.name}."
    elif not call.is_approved:
        yield f"Approve it with: alembic-zdt queue approve {call.name}."
