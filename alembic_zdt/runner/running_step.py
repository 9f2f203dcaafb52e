"""Tell listeners, such as a trace of locks, which step is being run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from alembic_zdt.steps import Step

Found = TypeVar("Found")
Listener = Callable[[Step | None], None]

_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call *listener* with each step that begins, and with None at its end."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def told(step: Step, run: Callable[[Step], Found]) -> Found:
    """Run a step, and tell the listeners when it begins and ends."""
    _tell(step)
    try:
        return run(step)
    finally:
        _tell(None)


def _tell(step: Step | None) -> None:
    for listener in _listeners:
        listener(step)
