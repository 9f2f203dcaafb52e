"""Describe the blockers of a step so that the reader of a log can act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from alembic_zdt.catalog import activity
from alembic_zdt.catalog.activity import Holder
from alembic_zdt.connection import own_process
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import LockNotAvailableError, OwnProcessBlocksError, ZdtError
from alembic_zdt.steps import Step

_MOST_NAMED = 5
_QUERY_LENGTH = 80


def describe(database: Database, holders: Iterable[Holder], *, queries: bool) -> str:
    """Return one sentence for each holder, the oldest transaction first.

    Args:
        database: a connection, to look up prepared transactions.
        holders: the blockers.
        queries: whether their queries may be shown.
    """
    found = sorted(holders, key=lambda holder: -(holder.age or 0.0))
    prepared: Mapping[str, tuple[str, float]] = {}
    if any(holder.pid is None for holder in found):
        prepared = activity.prepared_transactions(database)
    own = own_process.backend_pids(database.connection)
    sentences = [
        _sentence(holder, prepared, own, queries=queries)
        for holder in found[:_MOST_NAMED]
    ]
    if len(found) > _MOST_NAMED:
        sentences.append(f"And {len(found) - _MOST_NAMED} more.")
    return " ".join(sentences)


def named(
    error: ZdtError, database: Database, step: Step, *, queries: bool
) -> ZdtError:
    """Return the error with the sessions that hold the locks of *step* added.

    Args:
        error: the error of the step.
        database: the connection on which the step failed; its transaction has ended.
        step: the step that waited for a lock.
        queries: whether the queries of the holders may be shown.
    """
    if not isinstance(error, LockNotAvailableError) or error.fields:
        return error
    held = activity.holders(database, activity.targets(database, step.locks))
    return type(error)(
        error.primary,
        detail=f"{error.detail} {describe(database, held, queries=queries)}".strip(),
        hint=error.hint,
        pids=[holder.pid for holder in held],
    )


def of_own_process(
    step: Step, holders: Sequence[Holder], described: str
) -> OwnProcessBlocksError:
    """Build the error for a lock that a session of this process holds."""
    locks = " and ".join(map(str, step.locks))
    return OwnProcessBlocksError(
        f"could not {step.purpose}: this process itself holds the lock",
        detail=(
            f"The step needs {locks}, and the code that would end the open "
            f"transaction may be waiting for this step. {described}"
        ),
        hint=END_OWN,
        pids=[holder.pid for holder in holders],
    )


END_OWN = (
    "Commit or close that session before the migration starts, or run Alembic in a "
    "process of its own."
)


RUN_AGAIN = "run the same command again; finished steps are skipped."


def ending(holders: Sequence[Holder]) -> str:
    """Return the action that frees the lock, as the beginning of a hint."""
    if not holders:
        return "Try when fewer transactions are running"
    if all(holder.pid is None for holder in holders):
        return "End that prepared transaction"
    if all(holder.is_autovacuum and "wraparound" in holder.query for holder in holders):
        return "Wait for the end of that vacuum"
    return "End that session"


def are_idle(holders: Iterable[Holder]) -> bool:
    """Check whether all blockers are idle in their transactions."""
    return all(holder.state.startswith("idle in transaction") for holder in holders)


def _sentence(
    holder: Holder,
    prepared: Mapping[str, tuple[str, float]],
    own: set[int],
    *,
    queries: bool,
) -> str:
    if holder.pid is None:
        return _prepared_sentence(*prepared.get(holder.transaction, ("unknown", 0.0)))
    since = "" if holder.age is None else f" for {holder.age:.1f} s"
    parts = [f"Held by pid {holder.pid}{_whose(holder, own)}{since}"]
    if holder.state:
        parts.append(f'state "{holder.state}"')
    if holder.application:
        parts.append(f'application "{holder.application}"')
    if queries and holder.query:
        parts.append(f"query: {_cut(holder.query)}")
    if holder.is_hidden and holder.role:
        parts.append(f'role "{holder.role}" (pg_read_all_stats would show more)')
    return ", ".join(parts) + "."


def _whose(holder: Holder, own: set[int]) -> str:
    if holder.pid in own:
        return " (a session of this process)"
    if holder.is_autovacuum and "wraparound" in holder.query:
        return " (autovacuum to prevent wraparound, which does not yield)"
    return " (autovacuum)" if holder.is_autovacuum else ""


def _prepared_sentence(gid: str, age: float) -> str:
    return (
        f'Held by prepared transaction "{gid}", prepared {age:.1f} s ago; '
        f"end it with COMMIT PREPARED or ROLLBACK PREPARED."
    )


def _cut(query: str) -> str:
    return query if len(query) <= _QUERY_LENGTH else query[: _QUERY_LENGTH - 3] + "..."
