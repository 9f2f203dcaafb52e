"""The functions that get the events, and their failures.

A subscriber is called in the thread that runs the migration.  An error that it raises
is logged once and does not reach the migration.
https://packaging.python.org/en/latest/specifications/entry-points/
"""

from __future__ import annotations

import functools
import inspect
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import EntryPoint, entry_points
from types import TracebackType
from typing import Any, Self

from alembic_zdt.errors import UsageError
from alembic_zdt.events.event_kinds import Event
from alembic_zdt.events.redaction import without_passwords
from alembic_zdt.events.watched_run import current

log = logging.getLogger("alembic_zdt")

GROUP = "alembic_zdt.subscribers"
"""The group of the entry points of subscribers."""

Subscriber = Callable[[Event], object]

_is_silent: ContextVar[bool] = ContextVar("alembic_zdt_is_silent", default=False)


class Subscription:
    """A subscriber that gets events until ``unsubscribe()``, or the end of a ``with``.

    Args:
        subscriber: the function that is called with each event.
        name: its name in the log.
    """

    def __init__(self, subscriber: Subscriber, name: str) -> None:
        self._subscriber = subscriber
        self._name = name
        self._has_failed = False

    @property
    def subscriber(self) -> Subscriber:
        """Return the function."""
        return self._subscriber

    def unsubscribe(self) -> None:
        """End the subscription; a second call does nothing."""
        _registry.remove(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.unsubscribe()

    def receive(self, event: Event) -> None:
        """Call the function, and log the first error that it raises."""
        try:
            self._subscriber(event)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # its code is not ours
            if not self._has_failed:
                self._has_failed = True
                _warn(self._name, f"failed at {type(event).__name__}", error)


class _Registry:
    """The subscriptions of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: tuple[Subscription, ...] = ()
        self._has_entry_points = False

    def add(self, subscriber: Subscriber, name: str) -> Subscription:
        with self._lock:
            for each in self._all:
                if each.subscriber == subscriber:
                    return each
            added = Subscription(subscriber, name)
            self._all = (*self._all, added)
        return added

    def remove(self, subscription: Subscription) -> None:
        with self._lock:
            self._all = tuple(each for each in self._all if each is not subscription)

    def all(self) -> tuple[Subscription, ...]:
        """Return the subscriptions, among them those of entry points."""
        with self._lock:
            is_first, self._has_entry_points = not self._has_entry_points, True
        if is_first:
            for each in entry_points(group=GROUP):
                self._load(each)
        return self._all

    def _load(self, point: EntryPoint) -> None:
        name = f"{point.name} ({point.value})"
        try:
            self.add(_checked(point.load(), name), name)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # as above
            _warn(name, "could not be loaded", error)


_registry = _Registry()


def subscribe(subscriber: Subscriber) -> Subscription:
    """Call *subscriber* with each event from now on.

    It is called in the thread that runs the migration, so it should return at once.
    An error that it raises is logged once, and the migration goes on.  A function that
    is subscribed already is not called twice.

    Args:
        subscriber: a function with one argument, the event.

    Returns:
        The subscription; ``unsubscribe()`` ends it, and so does the end of a ``with``.

    Raises:
        UsageError: *subscriber* cannot be called, or is a coroutine function.

    Example::

        from alembic_zdt import events

        def tell(event: events.Event) -> None:
            if isinstance(event, events.RunFailed):
                print(event.message)

        events.subscribe(tell)
    """
    name = _name_of(subscriber)
    return _registry.add(_checked(subscriber, name), name)


def is_watched() -> bool:
    """Check whether an event would reach a subscriber."""
    return not is_silent() and bool(_registry.all())


def is_silent() -> bool:
    """Check whether the work is on a scratch database, of which no event tells."""
    return _is_silent.get()


def send(event: Event) -> None:
    """Call the subscribers with an event, without any password in it."""
    if is_watched():
        redacted = without_passwords(event, current().passwords)
        for each in _registry.all():
            each.receive(redacted)


@contextmanager
def silent() -> Iterator[None]:
    """Send no event while the body runs, which works on a scratch database."""
    token = _is_silent.set(True)
    try:
        yield
    finally:
        _is_silent.reset(token)


def _checked(subscriber: Any, name: str) -> Subscriber:
    if callable(subscriber):
        inner = inspect.unwrap(subscriber)
        called = getattr(inner, "__call__", inner)  # noqa: B004  # may be an object
        if not any(map(inspect.iscoroutinefunction, (inner, called))):
            found: Subscriber = subscriber
            return found
    raise UsageError(
        f'cannot subscribe "{name}"',
        detail="A subscriber is a function with one argument, not a coroutine "
        "function: the migration would not wait for its result.",
        hint="Put the event into a queue that your event loop reads.",
    )


def _name_of(subscriber: Any) -> str:
    while isinstance(subscriber, functools.partial):
        subscriber = subscriber.func
    named = subscriber if hasattr(subscriber, "__qualname__") else type(subscriber)
    return f"{named.__module__}.{named.__qualname__}"


def _warn(name: str, what: str, error: BaseException) -> None:
    text = without_passwords(f"{type(error).__name__}: {error}", current().passwords)
    log.warning('subscriber "%s" %s, and the run goes on: %s', name, what, text)
    log.debug('traceback of subscriber "%s"', name, exc_info=error)
