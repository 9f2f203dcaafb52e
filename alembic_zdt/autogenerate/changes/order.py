"""The order of all changes, in which each change finds the objects it needs.

A change that needs something comes after the one that creates it, if necessary in a
later phase.  A change that removes something comes after those that stop needing it.
All others keep their places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from typing import Any

from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.needs import Needs, needs_of
from alembic_zdt.phases import Phase


def in_possible_order(changes: Iterable[Change]) -> list[Change]:
    """Return the changes in an order and in phases in which they can run."""
    given = list(changes)
    after = _after(given)
    order = list(_sorted(len(given), after))
    phases: dict[int, Phase | None] = {}
    for place in order:
        own = given[place].phase
        earlier = [phases.get(other) for other in after.get(place, ())]
        known = [phase for phase in earlier if phase is not None]
        phases[place] = own if own is None or not known else max(own, *known)
    return [replace(given[place], phase=phases[place]) for place in order]


@dataclass
class _Places:
    """The positions of changes, by the objects they create, free, leave and remove."""

    made: dict[Any, list[int]] = field(default_factory=dict)
    left: dict[Any, list[int]] = field(default_factory=dict)

    def add(self, place: int, needs: Needs) -> None:
        for key in needs.makes:
            self.made.setdefault(key, []).append(place)
        for key in needs.leaves:
            self.left.setdefault(key, []).append(place)

    def before(self, needs: Needs) -> Iterator[int]:
        for key in needs.needs:
            yield from self.made.get(key, ())
        for key in needs.removes:
            yield from self.left.get(key, ())


def _after(changes: Sequence[Change]) -> dict[int, set[int]]:
    """Return, for each change, the positions of the changes that must precede it."""
    places = _Places()
    found = needs_of(changes)
    for place, needs in enumerate(found):
        places.add(place, needs)
    after = {place: set(places.before(needs)) for place, needs in enumerate(found)}
    for place, others in after.items():
        others.discard(place)
    return {place: others for place, others in after.items() if others}


def _sorted(count: int, after: dict[int, set[int]]) -> Iterator[int]:
    """Yield all positions in order, but each after the positions that it needs."""
    waiting = {place: set(others) for place, others in after.items()}
    behind: dict[int, list[int]] = {}
    for place, others in waiting.items():
        for other in others:
            behind.setdefault(other, []).append(place)
    ready = [place for place in range(count) if place not in waiting]
    heapify(ready)
    while ready or waiting:
        if not ready:  # they need each other
            place = min(waiting)
            del waiting[place]
            ready.append(place)
        place = heappop(ready)
        yield place
        for other in behind.get(place, ()):
            left = waiting.get(other)
            if left is None:
                continue
            left.discard(place)
            if not left:
                del waiting[other]
                heappush(ready, other)
