"""Ask all throttles between two batches, and log when each begins and ends to hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from alembic_zdt.runner.notices import Notices
from alembic_zdt.settings import Settings
from alembic_zdt.throttles.asked_function import AskedFunction
from alembic_zdt.throttles.throttle import Moment, Throttle

_WORTH_A_NOTE = 1.0


class _Hold:
    """The times at which one throttle holds, short gaps between them included."""

    def __init__(self, now: float) -> None:
        self.is_on = False
        self.seconds = 0.0
        self.last = now
        self._seen = now

    def see(self, now: float, *, is_on: bool) -> None:
        """Note whether the throttle holds now."""
        if self.is_on:
            self.seconds += now - self._seen
            self.last = now
        self.is_on, self._seen = is_on, now


class Holds:
    """All throttles of one piece of work.

    A throttle that holds for a moment again and again is logged once: its end is when
    it has not held for a whole ``progress_interval``.

    Args:
        work: the name of the work, which begins each log line.
        throttles: the throttles; the first one that holds is the reason that is shown.
        settings: the settings: how often a wait is shown.
        note: a function that stores the reason of a longer wait, empty at its end.
        is_noted: whether an earlier process has left its reason.
    """

    def __init__(
        self,
        work: str,
        throttles: Iterable[Throttle],
        settings: Settings,
        note: Callable[[str], object],
        *,
        is_noted: bool = False,
    ) -> None:
        self._work = work
        self._throttles = tuple(throttles)
        self._gap = settings.progress_interval.total_seconds()
        self._notices = Notices(settings)
        self._note = note
        self._holds: dict[str, _Hold] = {}
        self._held_since: float | None = None
        self._is_noted = is_noted

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in list(self._holds):
            self._say_end(name)

    def reason(self, moment: Moment) -> str:
        """Return the reasons to wait, empty to go on.

        Args:
            moment: the state of the work.
        """
        found = self._ask(moment)
        now = time.monotonic()
        for name, reason in found.items():
            self._see(name, reason, now)
        words = "; ".join(filter(None, found.values()))
        self._note_longer(words, now)
        if words and self._notices.is_due():
            self._notices.repeat(f"{self._work}: waiting: {words}")
        return words

    def _ask(self, moment: Moment) -> dict[str, str]:
        """Ask each throttle, and the caller's function only if nothing else holds."""
        found: dict[str, str] = {}
        for throttle in self._throttles:
            if not isinstance(throttle, AskedFunction) or not any(found.values()):
                found[throttle.name] = throttle.reason(moment)
        return found

    def _see(self, name: str, reason: str, now: float) -> None:
        if reason and name not in self._holds:
            self._holds[name] = _Hold(now)
            self._notices.say(f"{self._work}: waiting: {reason}")
        hold = self._holds.get(name)
        if hold is None:
            return
        hold.see(now, is_on=bool(reason))
        if not hold.is_on and now - hold.last >= self._gap:
            self._say_end(name)

    def _say_end(self, name: str) -> None:
        hold = self._holds.pop(name)
        self._notices.say(
            f"{self._work}: going on: {name} held it for {hold.seconds:.1f} s"
        )

    def _note_longer(self, words: str, now: float) -> None:
        """Store the reason once the work has waited for longer than a moment."""
        if not words:
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now
        lasted = 0.0 if self._held_since is None else now - self._held_since
        is_long = lasted >= _WORTH_A_NOTE
        if is_long != self._is_noted:
            self._is_noted = is_long
            self._note(words if is_long else "")
