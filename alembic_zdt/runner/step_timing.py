"""The times of a step that was run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Times and tries of a step.

    Attributes:
        queued: seconds in the queue.
        ran: seconds with the locks.
        tries: how often it has tried to get its locks.
        rows: how many rows a backfill has changed, None for other steps.
    """

    queued: float
    ran: float
    tries: int = 1
    rows: int | None = None


NO_TIME = Timing(queued=0.0, ran=0.0)
