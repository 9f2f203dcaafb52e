"""Find the calls of revision files for the rows of the queue.

A row holds the text of its call, for people.  What is run is the call that the revision
file contains.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic_zdt.backfill.revision_calls import RevisionCalls
from alembic_zdt.errors import RevisionError
from alembic_zdt.queueing.queue_table import QueuedCall


def operation_of(call: QueuedCall, calls: RevisionCalls) -> Any:
    """Return the operation that runs the steps of a queued call.

    Args:
        call: the row of the queue.
        calls: the calls of the revision files.

    Raises:
        RevisionError: no revision queues this call, or it queues another one.
    """
    another, failures = None, []
    for revision, operations, failure in calls.of_revisions(call.revision):
        for operation in _queued(operations, call.name):
            if operation.inline_call == call.call:
                return operation.inline()
            another = another or revision
        if failure:
            failures.append(f'Revision "{revision}": {failure}.')
    if another is not None:
        raise _another(call, another)
    raise _unknown(call, " ".join(failures))


def _queued(operations: list[Any], name: str) -> Iterator[Any]:
    for operation in operations:
        if getattr(operation, "later", None) and operation.queue_name == name:
            yield operation


def _another(call: QueuedCall, revision: str) -> RevisionError:
    return RevisionError(
        f'queued call "{call.name}" differs from its call in revision "{revision}"',
        detail=f"The queue has {call.call}. Only the calls of revision files are run.",
        hint="If the file was edited, write a new revision, and cancel this call: "
        f"alembic-zdt queue cancel {call.name}. If not, find out who has changed the "
        "queue.",
        name=call.name,
        revision=revision,
    )


def _unknown(call: QueuedCall, failures: str) -> RevisionError:
    asked = "no revision queues it"
    if call.revision is not None:
        asked = f'revision "{call.revision}" does not queue it'
    return RevisionError(
        f'cannot run queued call "{call.name}": {asked}',
        detail=f"Only the calls of revision files are run. {failures}".strip(),
        hint="Call the directive in the revision before anything that needs a live "
        f"database, or cancel it: alembic-zdt queue cancel {call.name}.",
        name=call.name,
        revision=call.revision,
    )
