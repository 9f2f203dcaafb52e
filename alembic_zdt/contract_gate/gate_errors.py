"""Build the errors for a contract that must wait, with their remedies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from alembic_zdt.catalog.client_sessions import ClientSession
from alembic_zdt.contract_gate.demands import Demand
from alembic_zdt.contract_gate.expands import NOT_YET, Expand
from alembic_zdt.errors import GateClosedError
from alembic_zdt.settings import OldSessions, seconds

_SHOWN = 10
_POOLERS = (
    "A connection pooler keeps its sessions when the programs behind it end; RECONNECT "
    "in PgBouncer's console renews them."
)
_HIDDEN = (
    " Only members of pg_read_all_stats see when sessions of other roles began: "
    "GRANT it to the role that migrates."
)


def closed(
    demand: Demand,
    expand: Expand,
    sessions: Sequence[ClientSession],
    policy: OldSessions,
) -> GateClosedError:
    """Return the error for a contract that must wait for old sessions.

    Args:
        demand: the contract, its tables and its expand.
        expand: the expand that the contract ends.
        sessions: the sessions that began before the expand was applied.
        policy: whether the run has waited until these sessions end.
    """
    revision, count = demand.revision, len(sessions)
    pids = [session.pid for session in sessions]
    found = in_words(sessions, "Connected since before")
    if demand.is_downgrade:
        when = f'Its contract "{expand.revision}" was downgraded'
        return GateClosedError(
            f'downgrade of revision "{revision}" must wait: sessions of new code are '
            f"connected ({count})",
            detail=f"{when} at {_moment(expand.applied_at)}.{_waited(policy)} {found} "
            f"{_POOLERS}",
            hint="Deploy the old code, end the processes of the new code, then "
            "downgrade again: finished steps are skipped. To wait for the end of these "
            "processes, pass -x zdt.old_sessions=wait=10min. If no new code runs any "
            "more, pass -x zdt.old_sessions=ignore.",
            revision=revision,
            pids=pids,
        )
    if expand.revision == revision:
        return GateClosedError(
            f'revision "{revision}" must wait: old sessions are connected ({count})',
            detail=(
                "The revision also contains the expand of this contract, so all "
                f"connected sessions may run old code. {found} "
                f"{_POOLERS}"
            ),
            hint="Put the contract into a revision of its own, and upgrade to it when "
            "the old processes are gone. If no old code runs, pass -x "
            "zdt.old_sessions=ignore.",
            revision=revision,
            pids=pids,
        )
    return GateClosedError(
        f'revision "{revision}" must wait: old sessions are connected ({count})',
        detail=f"{_when(expand)}{_waited(policy)} {found} {_POOLERS}",
        hint="Deploy the new code, end the old processes, then upgrade again: finished "
        "steps are skipped. To wait for the end of the old processes: alembic -x "
        "zdt.old_sessions=wait=10min upgrade head. Name sessions that run no code of "
        "the application in ignore_applications or ignore_roles. If no old code runs "
        "any more, pass -x zdt.old_sessions=ignore.",
        revision=revision,
        pids=pids,
    )


def _when(expand: Expand) -> str:
    """Return a sentence that tells when the expand was applied."""
    words = f'Revision "{expand.revision}", which prepared it, was run'
    if expand.applied_at == NOT_YET:
        return f"{words} by this run."
    return f"{words} at {_moment(expand.applied_at)}."


def _waited(policy: OldSessions) -> str:
    return f" Waited {seconds(policy.patience)}." if policy.mode == "wait" else ""


def in_words(sessions: Sequence[ClientSession], since: str) -> str:
    """Return sentences that list sessions.

    Args:
        sessions: the sessions that are listed.
        since: how the first sentence begins.
    """
    shown = "; ".join(_words(session) for session in sessions[:_SHOWN])
    more = len(sessions) - _SHOWN
    end = f"; and {more} more" if more > 0 else ""
    is_hidden = any(session.began is None for session in sessions)
    return f"{since}: {shown}{end}.{_HIDDEN if is_hidden else ''}"


def _words(session: ClientSession) -> str:
    began = "a time that is hidden from this role"
    if session.began is not None:
        began = _moment(session.began)
    parts = (
        session.application and f'"{session.application}"',
        f'role "{session.role}"',
        session.address and f"from {session.address}",
        f"since {began}",
        session.state,
    )
    return f"pid {session.pid} ({', '.join(filter(None, parts))})"


def _moment(epoch: float) -> str:
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d %H:%M:%S} UTC"
