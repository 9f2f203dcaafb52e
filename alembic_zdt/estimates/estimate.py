"""A range of seconds for a step, from what was measured on this server."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from alembic_zdt.estimates import cost_model
from alembic_zdt.estimates.step_history import MeasuredStep
from alembic_zdt.estimates.work_size import WorkSize
from alembic_zdt.steps import Work, WorkKind

Source = Literal["history", "calibration", "default"]

_MOST_SAMPLES = 12
_LEAST_FACTOR, _MOST_FACTOR = 1.5, 8.0
_FACTORS = {"history": 2.2, "calibration": 3.0, "default": 6.0}
"""How far the ends of a range are from its middle, by the source of one sample."""

_DEVIATIONS = 2.5


@dataclass(frozen=True)
class Estimate:
    """How long a step takes, and what it needs.

    Attributes:
        low: the lower end of the range, in seconds.
        likely: the middle of the range, in seconds.
        high: the upper end of the range, in seconds.
        wal: the WAL that the step writes, in bytes.
        disk: the disk that it needs without WAL, in bytes.
        until: when that space is free again, empty if it stays in use.
        source: the source of the server's speed.
        samples: the number of steps that were measured.
        size: the size of the work.
    """

    low: float
    likely: float
    high: float
    wal: int
    disk: int
    until: str
    source: Source
    samples: int
    size: WorkSize


def estimate(work: Work, size: WorkSize, history: Sequence[MeasuredStep]) -> Estimate:
    """Return the estimate for a step.

    Args:
        work: the work of the step.
        size: the size of the work.
        history: the steps that were measured on the server.
    """
    usual = cost_model.seconds(work.kind, size)
    source, samples = _samples(work.kind, size, history)
    ratios = [
        each.seconds / cost_model.seconds(each.kind, each.size) for each in samples
    ]
    middle, factor = _spread(ratios, _FACTORS[source])
    likely = usual * middle
    return Estimate(
        low=likely / factor,
        likely=likely,
        high=likely * factor,
        wal=cost_model.wal_bytes(work.kind, size),
        disk=cost_model.disk_bytes(work.kind, size),
        until=work.until,
        source=source,
        samples=len(samples),
        size=size,
    )


def _samples(
    kind: WorkKind, size: WorkSize, history: Iterable[MeasuredStep]
) -> tuple[Source, Sequence[MeasuredStep]]:
    """Return the steps of the same kind, those of the most similar size."""
    alike = [each for each in history if each.kind is kind]
    of_runs = [each for each in alike if each.source == "run"]
    wanted = math.log(cost_model.seconds(kind, size))

    def distance(each: MeasuredStep) -> float:
        return abs(math.log(cost_model.seconds(kind, each.size)) - wanted)

    found = sorted(of_runs or alike, key=distance)[:_MOST_SAMPLES]
    if not found:
        return "default", found
    return ("history" if of_runs else "calibration"), found


def _spread(ratios: Sequence[float], factor: float) -> tuple[float, float]:
    """Return the middle of the ratios, and the factor from there to the ends.

    With few samples the range stays wide, because they may all be unusual.
    """
    logs = [math.log(max(ratio, 1e-6)) for ratio in ratios]
    if not logs:
        return 1.0, factor
    middle = statistics.median(logs)
    spread = _DEVIATIONS * statistics.pstdev(logs) + math.log(factor) / len(logs)
    return math.exp(middle), min(max(math.exp(spread), _LEAST_FACTOR), _MOST_FACTOR)
