"""Choose the combinations that ``make test`` runs; the matrix runs all of them."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

FULL = os.environ.get("ZDT_TEST_FULL", "") not in ("", "0")
"""Whether every combination is run, as ``make test-matrix`` does."""

DRIVERS = ("psycopg", "asyncpg")


HARDEST_NAMES = ("punctuation", "63-bytes-wide", "exotic-schema")
"""They break what the others break: quoting, escaping, counting bytes, a schema."""


def names_to_leave_out(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the tests marked ``names_by_turns`` that it is not the turn of.

    Each test keeps the hardest names and one of the others, which take turns.
    """
    tests: dict[str, list[pytest.Function]] = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker(
            "names_by_turns"
        ):
            tests[item.nodeid.partition("[")[0]].append(item)
    return [item for each in tests.values() for item in _names_not_in_turn(each)]


def _names_not_in_turn(items: list[pytest.Function]) -> Iterator[pytest.Function]:
    all_params = [item.callspec.params for item in items]
    found = dict.fromkeys(params["names"] for params in all_params)
    others = [name for name in found if name not in HARDEST_NAMES]
    stories = list(dict.fromkeys(params["story"] for params in all_params))
    for item, params in zip(items, all_params, strict=True):
        turn = others[stories.index(params["story"]) % len(others)]
        if params["names"] not in (*HARDEST_NAMES, turn):
            yield item


def drivers_to_leave_out(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the tests marked ``drivers_by_turns`` that it is not the turn of.

    Of each set of parameters one driver is left, so that every value of every parameter
    with neighbours meets both.  A test with no parameters but ``driver`` keeps both.
    """
    return _to_leave_out(items, "drivers_by_turns", "driver", DRIVERS)


def ways_to_leave_out(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the same of ``ways_by_turns``: an upgrade or a downgrade is left."""
    return _to_leave_out(items, "ways_by_turns", "way", ("upgrade", "downgrade"))


def _to_leave_out(
    items: Iterable[pytest.Item], mark: str, parameter: str, values: tuple[str, ...]
) -> list[pytest.Item]:
    tests: dict[str, list[pytest.Function]] = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function) and _takes_turns(item, mark, parameter):
            tests[item.nodeid.partition("[")[0]].append(item)
    left_out = (_not_in_turn(each, parameter, values) for each in tests.values())
    return [item for each in left_out for item in each]


def _takes_turns(item: pytest.Function, mark: str, parameter: str) -> bool:
    if item.get_closest_marker(mark) is None:
        return False
    return hasattr(item, "callspec") and parameter in item.callspec.params


def _not_in_turn(
    items: list[pytest.Function], parameter: str, values: tuple[str, ...]
) -> Iterator[pytest.Function]:
    names = [name for name in items[0].callspec.params if name != parameter]
    # Arguments that are parametrized together count once.
    axes = {_places([item.callspec.params[name] for item in items]) for name in names}
    if all(len(set(axis)) == 1 for axis in axes):
        return
    for number, item in enumerate(items):
        turn = sum(axis[number] for axis in axes) % len(values)
        if item.callspec.params[parameter] != values[turn]:
            yield item


def _places(values: list[object]) -> tuple[int, ...]:
    """Number the values in the order of their first appearance."""
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(id(value), len(numbers)) for value in values)


class Claims:
    """What one test of the run has taken on itself, whichever worker runs it.

    Args:
        folder: shared by the workers, new in each run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def take(self, *subject: str) -> bool:
        """Return whether the subject is new; the caller has to test it then."""
        name = hashlib.sha256("\0".join(subject).encode()).hexdigest()
        try:
            (self._folder / name).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True
