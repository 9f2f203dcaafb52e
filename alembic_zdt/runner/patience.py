"""Decide when to join the queue for a lock, and for how long.

While a step waits in the queue for a strong lock, later requests wait behind it.  So
the step joins the queue only when the holders are likely to leave soon.  If they never
are, the step joins at one of the best moments that it has seen.  The longer the step
has waited outside, the more of the configured bound it may spend.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from alembic_zdt.runner.prediction import Departures

_DEMANDED_AT_FIRST = 0.9
_DEMANDED_AT_LAST = 0.3
# When all patience is spent, less likely moments are accepted.  Behind a transaction
# that has lasted for long no moment is likely enough.
_DEMANDED_IN_THE_END = 0.1
_SHARES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_SMALLEST_TRY = 0.2
_ROUNDING = 0.999
# Under constant traffic a longer wait changes nothing.  So after some observations a
# moment that is likely enough is taken at once.  After more of them, one of the best
# moments that were seen is taken, too, if it is worth a try.
_MOMENTS_TO_LEARN = 100
_LIKELY_ENOUGH = 0.8
_MOMENTS_TO_COMPARE = 400
_MOMENTS_KEPT = 1000
_AMONG_THE_BEST = 0.97
_WORTH_A_TRY = 0.2
# After a failed try, the step waits this many times its length before the next try.
_PEACE = 10.0


@dataclass
class Patience:
    """The decision when to queue, made at every look at the holders.

    Attributes:
        bound: seconds that the application may be stalled by one try.
        patience: seconds until the whole bound may be spent.
        start: when the waiting began, by the same clock as ``now``.
    """

    bound: float
    patience: float
    start: float
    _moments: deque[float] = field(default_factory=lambda: deque(maxlen=_MOMENTS_KEPT))
    _not_before: float = 0.0

    def try_for(self, departures: Departures, now: float) -> float | None:
        """Return the seconds to wait in the queue now, None to wait outside."""
        if not departures.ages:
            return self._queueing(_SMALLEST_TRY * self.bound, now)
        spent = (now - self.start) / self.patience if self.patience else 2.0
        likely = self._likely(departures, spent)
        good = self._good_moment(departures)
        return self._queueing(likely if likely is not None else good, now)

    def _likely(self, departures: Departures, spent: float) -> float | None:
        demanded = _demanded(spent)
        allowed = min(1.0, max(_SHARES[0], spent)) * self.bound
        choices = [choice for choice in self._choices() if choice <= allowed]
        return departures.needed(demanded, choices)

    def _good_moment(self, departures: Departures) -> float | None:
        """Return the seconds to queue if no better moment is likely to come."""
        likelihood = departures.likelihood(self.bound)
        self._moments.append(likelihood)
        if len(self._moments) < _MOMENTS_TO_LEARN:
            return None
        if likelihood < _LIKELY_ENOUGH and not self._is_among_the_best(likelihood):
            return None
        return departures.needed(likelihood * _ROUNDING, self._choices())

    def _is_among_the_best(self, likelihood: float) -> bool:
        if likelihood < _WORTH_A_TRY or len(self._moments) < _MOMENTS_TO_COMPARE:
            return False
        ranked = sorted(self._moments)
        return likelihood >= ranked[int(len(ranked) * _AMONG_THE_BEST)]

    def _choices(self) -> Sequence[float]:
        return [share * self.bound for share in _SHARES]

    def _queueing(self, needed: float | None, now: float) -> float | None:
        if needed is None or now < self._not_before:
            return None
        return max(needed, _SMALLEST_TRY * self.bound)

    def failed(self, stalled: float, now: float) -> None:
        """Note a failed try that stalled the application for *stalled* seconds."""
        self._not_before = now + _PEACE * stalled


def _demanded(spent: float) -> float:
    """Return the likelihood to require after a share of the patience is spent."""
    if spent <= 1.0:
        return _DEMANDED_AT_FIRST - spent * (_DEMANDED_AT_FIRST - _DEMANDED_AT_LAST)
    beyond = min(1.0, spent - 1.0)
    return _DEMANDED_AT_LAST - beyond * (_DEMANDED_AT_LAST - _DEMANDED_IN_THE_END)
