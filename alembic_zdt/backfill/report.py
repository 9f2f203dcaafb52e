"""What is said while a backfill runs: rows, share, rate, and what holds it back."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from alembic_zdt.backfill.slices import Slices
from alembic_zdt.catalog.storage import Store
from alembic_zdt.runner.progress import display
from alembic_zdt.settings import Settings

log = logging.getLogger("alembic_zdt")

_MINUTE, _HOUR = 60, 3600


class Report:
    """A live line or log lines for one process that works on a backfill.

    Args:
        slices: know how far it is, the work of others included.
        name: of the backfill.
        settings: what to show, how often.
    """

    def __init__(self, slices: Slices, name: str, settings: Settings) -> None:
        self._slices = slices
        self._name = name
        self._settings = settings
        self._screen = display(settings)
        self._started = time.monotonic()
        self._shown_at = self._started
        self._held_at = float("-inf")
        self._before = 0, 0
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        rows, done, _of = self._state()
        self._before = rows, done  # and not at the rate of this process
        self._started = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._screen is not None:
            self._screen.close()
        if error is None and kind is None:
            log.info("%s: %s", self._name, self._in_words(*self._state()))

    def show(self) -> None:
        """Show how far it is, if the last time was long enough ago."""
        now = time.monotonic()
        if self._screen is None or now - self._shown_at < self._screen.interval:
            return
        self._shown_at = now
        rows, done, of = self._state()
        line = f"{self._name}: {self._in_words(rows, done, of)}"
        self._screen.show(line, done / of if of else None)

    def say_held(self, reason: str) -> None:
        """Show why it does not go on, now and then."""
        now = time.monotonic()
        if now - self._held_at >= self._settings.progress_interval.total_seconds():
            self._held_at = now
            log.info("%s: waiting: %s", self._name, reason)

    def say_indexed(self, store: Store, indexes: Sequence[str]) -> None:
        """Say that every row needs new index entries, and why."""
        if indexes:
            self._once(
                f"{store.name.words}: whole pages at once, because index "
                f'"{indexes[0]}" contains the column; its entries must be written anew'
            )

    def say_moved(self, store: Store, why: str) -> None:
        """Say that rows do not stay on their pages, and why."""
        self._once(f"{store.name.words}: whole pages at once, because {why}")

    @contextmanager
    def proving(self) -> Iterator[None]:
        """While the proof reads the table."""
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        log.info("%s: looked for rows that are left, %.1f s", self._name, took)

    def _once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            log.info("%s: %s", self._name, line)

    def _state(self) -> tuple[int, int, int]:
        """The rows that are done; how far it is, and of how much."""
        return self._slices.rows_done(self._name), *self._slices.progress(self._name)

    def _in_words(self, rows: int, done: int, of: int) -> str:
        rows_before, done_before = self._before
        elapsed = max(time.monotonic() - self._started, 1e-3)
        parts = [f"{rows:,} rows"]
        if of:
            parts.append(f"{100 * done / of:.0f} %")
        rate = (rows - rows_before) / elapsed
        if rate:
            parts.append(f"{rate:,.0f} rows/s")
        if of > done > done_before:
            left = (of - done) * elapsed / (done - done_before)
            parts.append(f"{_duration(left)} to go")
        return ", ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"
