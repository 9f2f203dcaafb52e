"""Report rows, share and rate of a running backfill, and what holds it back."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from alembic_zdt.backfill.journal import Record
from alembic_zdt.backfill.progress_events import ProgressEvents
from alembic_zdt.backfill.slices import Slices
from alembic_zdt.backfill.speed import Speed
from alembic_zdt.catalog.storage import Store
from alembic_zdt.connection.database import Database
from alembic_zdt.estimates.estimate_text import duration_text
from alembic_zdt.events.subscribers import is_watched
from alembic_zdt.runner.notices import Notices
from alembic_zdt.runner.progress import display, shown_as
from alembic_zdt.settings import Settings

log = logging.getLogger("alembic_zdt")


class Report:
    """A live line or log lines for one process that works on a backfill.

    Args:
        slices: the slices, which hold the progress of all workers.
        record: the backfill.
        settings: the settings: what is shown, and how often.
    """

    def __init__(self, slices: Slices, record: Record, settings: Settings) -> None:
        self._slices = slices
        self._name = record.name
        self._events = ProgressEvents(record, settings)
        self._settings = settings
        self._notices = Notices(settings, at_once=True)
        self._screen = display(settings, self._notices)
        self._started = time.monotonic()
        self._shown_at = self._started
        self._rows_before = 0
        self._speed = Speed()
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        state = self._state()
        self._rows_before = state[0]  # not part of this process's rate
        self._speed.add(*state)
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
            rows, done, of = self._state()
            elapsed = max(time.monotonic() - self._started, 1e-3)
            rate = (rows - self._rows_before) / elapsed
            log.info("%s: %s", self._name, _line(rows, done, of, rate))
            self._events.send(rows, None, rate, is_finished=True)

    def show(self) -> None:
        """Show the progress, if the last time was long enough ago."""
        now = time.monotonic()
        screen, is_told = self._screen, self._events.is_due()
        if screen is not None and now - self._shown_at < screen.interval:
            screen = None
        if screen is None and not is_told:
            return
        rows, done, of = self._state()
        self._speed.add(rows, done, of)
        rate, left = self._speed.rows_per_second, self._speed.seconds_left
        share = done / of if of else None
        if screen is not None:
            self._shown_at = now
            to_go = f", {duration_text(left)} to go" if left is not None else ""
            line = f"{self._name}: {_line(rows, done, of, rate)}{to_go}"
            screen.show(line, share)
        if is_told:
            self._events.send(rows, share, rate, left)

    def say_held(self, reason: str) -> None:
        """Show from time to time why the backfill waits."""
        if self._notices.is_due():
            self._notices.say(f"{self._name}: waiting: {reason}")
            if is_watched():
                self._send_held(reason)

    def tell_held(self, reason: str) -> None:
        """Tell subscribers from time to time which throttle holds the backfill."""
        if self._events.is_due():
            self._send_held(reason)

    def _send_held(self, reason: str) -> None:
        rows, done, of = self._state()
        share = done / of if of else None
        self._events.send(rows, share, 0.0, waits_for=reason)

    def say_indexed(self, store: Store, indexes: Sequence[str]) -> None:
        """Log that every row needs new index entries, and why."""
        if indexes:
            self._once(
                f"{store.name.label}: whole pages at once, because index "
                f'"{indexes[0]}" contains the column; its entries must be rewritten'
            )

    def say_moved(self, store: Store, why: str) -> None:
        """Log that rows do not stay on their pages, and why."""
        self._once(f"{store.name.label}: whole pages at once, because {why}")

    @contextmanager
    def proving(self, database: Database) -> Iterator[None]:
        """Show the progress while the proof reads the table."""
        began = time.monotonic()
        purpose = f"{self._name}: look for rows that are left"
        with shown_as(database, purpose, self._settings, screen=self._screen):
            yield
        took = time.monotonic() - began
        log.info("%s: looked for rows that are left, for %.1f s", self._name, took)

    def _once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            log.info("%s: %s", self._name, line)

    def _state(self) -> tuple[int, int, int]:
        """Return the rows that are done, and how much of the round is done."""
        return self._slices.rows_done(self._name), *self._slices.progress(self._name)


def _line(rows: int, done: int, of: int, rate: float) -> str:
    parts = [f"{rows:,} rows"]
    if of:
        parts.append(f"{100 * done / of:.0f} %")
    if rate:
        parts.append(f"{rate:,.0f} rows/s")
    return ", ".join(parts)
