"""Predict how long the transactions that hold a lock will last.

Each transaction that ends shows how long transactions last on this table.  A rule of
thumb replaces missing observations: a transaction that has lasted for a while will last
about as long again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# The rule of thumb counts as this many observations.
_WEIGHT_OF_RULE = 1.0
_MOST_KEPT = 2000
# The assumed age of a transaction that the first look finds, if its age is hidden.  A
# look is more likely to find a long transaction than a short one.
_UNKNOWN_AGE = 1.0


@dataclass
class Departures:
    """The holders of a lock, watched while they come and go.

    Attributes:
        ages: seconds each present holder has lasted, by its transaction.
        durations: seconds that each past holder has lasted, sorted.
    """

    ages: dict[str, float] = field(default_factory=dict)
    durations: list[float] = field(default_factory=list)
    _in_order: deque[float] = field(default_factory=deque)
    _guessed: set[str] = field(default_factory=set)
    _seen_at: float | None = None

    def observe(self, present: Mapping[str, float | None], now: float) -> None:
        """Record the *present* holders and their ages at the time *now*."""
        elapsed = 0.0 if self._seen_at is None else now - self._seen_at
        for transaction in self.ages.keys() - present.keys():
            if transaction not in self._guessed:
                # It ended at some time between the two looks.
                self._learn(self.ages[transaction] + elapsed / 2)
        self._guessed &= present.keys()
        self.ages = {
            transaction: self._age(transaction, age, elapsed)
            for transaction, age in present.items()
        }
        self._seen_at = now

    def _learn(self, duration: float) -> None:
        """Keep a duration, and drop the oldest one when there are too many."""
        insort(self.durations, duration)
        self._in_order.append(duration)
        if len(self._in_order) > _MOST_KEPT:
            oldest = self._in_order.popleft()
            del self.durations[bisect_left(self.durations, oldest)]

    def _age(self, transaction: str, age: float | None, elapsed: float) -> float:
        if age is not None:
            return max(age, 0.0)
        if transaction in self.ages:
            return self.ages[transaction] + elapsed
        if self._seen_at is None:
            self._guessed.add(transaction)
            return _UNKNOWN_AGE
        return elapsed

    def likelihood(self, within: float) -> float:
        """Return the likelihood that all present holders end *within* this time."""
        result = 1.0
        for age in self.ages.values():
            result *= self._one(age, within)
        return result

    def _one(self, age: float, within: float) -> float:
        at_risk = len(self.durations) - bisect_right(self.durations, age)
        ended = at_risk - (
            len(self.durations) - bisect_right(self.durations, age + within)
        )
        rule = within / (age + within)
        return (ended + _WEIGHT_OF_RULE * rule) / (at_risk + _WEIGHT_OF_RULE)

    def needed(self, likelihood: float, choices: Iterable[float]) -> float | None:
        """Return the shortest time in which all holders end with a likelihood.

        Args:
            likelihood: the least likelihood, from 0 to 1.
            choices: times in seconds, ascending; None is returned if each is too short.
        """
        for within in choices:
            if self.likelihood(within) >= likelihood:
                return within
        return None
