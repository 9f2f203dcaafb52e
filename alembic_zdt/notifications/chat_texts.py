"""The texts about a run that people read in a chat."""

from __future__ import annotations

from alembic_zdt.events.event_kinds import (
    Blocked,
    Blocker,
    Event,
    GateClosed,
    RunFailed,
    RunFinished,
    RunStarted,
)
from alembic_zdt.printable import counted, listed, printable

_LONGEST_QUERY = 200


class ChatTexts:
    """The texts of one run, which remember what was told already.

    Of the target of a fleet, which may have thousands, people need only the problems.
    """

    def __init__(self) -> None:
        self._database = ""
        self._told: set[str] = set()

    def text_of(self, event: Event) -> str:
        """Return the text for an event, empty if people need none."""
        self._database = self._database or _target_text(event)
        match event:
            case RunStarted() | RunFinished() if event.target:
                text = ""
            case RunStarted():
                text = self._started(event)
            case RunFinished():
                text = self._finished(event)
            case RunFailed():
                text = self._failed(event)
            case GateClosed():
                text = self._gate_closed(event)
            case Blocked() if event.blockers and not event.gave_up:
                text = self._blocked(event)
            case _:
                text = ""
        return printable(text)

    def _started(self, event: RunStarted) -> str:
        server = f" on {event.server}" if event.server else ""
        self._database = f' of database "{event.database}"{server}'
        count = counted(len(event.revisions), "revision")
        return (
            f"Migration{self._database} started: {event.direction} with {count}"
            f" ({listed(event.revisions)})."
        )

    def _finished(self, event: RunFinished) -> str:
        count = counted(len(event.revisions), "revision")
        left = listed(event.left_out)
        return (
            f"Migration{self._database} finished: {count} in {event.seconds:.1f} s."
            f"{f' Left out, because they must wait: {left}.' if left else ''}"
        )

    def _failed(self, event: RunFailed) -> str:
        if event.message in self._told:  # the gate that stopped it
            return ""
        where = f' in revision "{event.revision}"' if event.revision else ""
        hint = f" {event.hint}" if event.hint else ""
        return f"Migration{self._database} failed{where}: {event.message}.{hint}"

    def _gate_closed(self, event: GateClosed) -> str:
        if not event.waits:
            self._told.add(event.message)
        end = "The run waits." if event.waits else event.hint
        return f"Migration{self._database}: {event.message}. {end}".rstrip()

    def _blocked(self, event: Blocked) -> str:
        if event.step in self._told:
            return ""
        self._told.add(event.step)
        who = "; ".join(map(_blocker_text, event.blockers))
        return (
            f"Migration{self._database} has waited {event.waited:.1f} s to"
            f" {event.step}. Blocked by {who}."
        )


def _target_text(event: Event) -> str:
    return f' of target "{event.target}"' if event.target else ""


def _blocker_text(blocker: Blocker) -> str:
    parts = (
        f"pid {blocker.pid}" if blocker.pid else "a prepared transaction",
        blocker.application and f'application "{blocker.application}"',
        blocker.role and f'role "{blocker.role}"',
        blocker.state,
        None if blocker.seconds is None else f"for {blocker.seconds:.0f} s",
        blocker.query and f"query: {blocker.query[:_LONGEST_QUERY]}",
    )
    return ", ".join(filter(None, parts))
