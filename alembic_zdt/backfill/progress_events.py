"""Events about the progress of a backfill, independent of what a terminal shows."""

from __future__ import annotations

import time

from alembic_zdt.backfill.journal import Record
from alembic_zdt.events.event_kinds import BackfillProgressed
from alembic_zdt.events.subscribers import is_watched, send
from alembic_zdt.settings import Settings


class ProgressEvents:
    """The events of one worker of a backfill.

    Args:
        record: the backfill.
        settings: the settings, with ``progress_interval``.
    """

    def __init__(self, record: Record, settings: Settings) -> None:
        self._name = record.name
        self._table = record.definition.table.label
        self._interval = settings.progress_interval.total_seconds()
        self._sent_at = time.monotonic()

    def is_due(self) -> bool:
        """Check whether an interval has passed, and an event would reach anything."""
        is_over = time.monotonic() - self._sent_at >= self._interval
        return is_over and is_watched()

    def send(
        self,
        rows: int,
        share: float | None,
        rate: float,
        left: float | None = None,
        *,
        waits_for: str = "",
        is_finished: bool = False,
    ) -> None:
        """Send the progress, and begin the next interval.

        Args:
            rows: the rows that all workers have changed.
            share: the part of the round that is done.
            rate: rows in a second.
            left: the seconds that are left.
            waits_for: why the worker waits.
            is_finished: whether the worker has ended its work.
        """
        self._sent_at = time.monotonic()
        send(
            BackfillProgressed(
                name=self._name,
                table=self._table,
                rows=rows,
                share=share,
                rows_per_second=rate,
                seconds_left=left,
                waits_for=waits_for,
                is_finished=is_finished,
            )
        )
