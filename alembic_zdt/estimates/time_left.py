"""How long a running step still takes, from its progress and its estimate.

An index build reports its phases, each with a share of its own; a validation reports
nothing.  https://www.postgresql.org/docs/current/progress-reporting.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alembic_zdt.estimates.estimate import Estimate

_BUILDING, _VALIDATING = "building index: ", "index validation: "
PHASES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        f"{_BUILDING}scanning table": (0.0, 0.32),
        f"{_BUILDING}sorting live tuples": (0.32, 0.42),
        f"{_BUILDING}loading tuples in tree": (0.42, 0.74),
        f"{_VALIDATING}scanning index": (0.74, 0.85),
        f"{_VALIDATING}sorting tuples": (0.85, 0.92),
        f"{_VALIDATING}scanning table": (0.92, 1.0),
    }
)
"""The share of a concurrent b-tree build that is done when a phase begins and ends."""

_ENOUGH = 0.1
"""The share from which on the progress alone is enough to tell the time left."""


def share_done(phase: str, percent: float | None) -> float | None:
    """Return the share of an index build that is done, None if it is not known.

    Args:
        phase: the phase, as ``pg_stat_progress_create_index`` names it.
        percent: how much of the phase is done, in percent, None if it is not counted.
    """
    if phase not in PHASES:
        return None
    begin, end = PHASES[phase]
    return begin + (end - begin) * min(percent or 0.0, 100.0) / 100


def seconds_left(
    elapsed: float, share: float | None, expected: Estimate | None
) -> float | None:
    """Return how many seconds the step still takes, None if that is unknown.

    The estimate counts most at the beginning, the progress at the end.

    Args:
        elapsed: the seconds since the step began.
        share: the share that is done, from 0 to 1, None if it is not known.
        expected: the estimate that was made before the step.
    """
    by_estimate = None
    if expected is not None and expected.source != "default":
        by_estimate = expected.likely - elapsed
    if share is None:
        # A step that takes longer than expected may end at any moment.
        return by_estimate if by_estimate is not None and by_estimate > 0 else None
    if by_estimate is None:
        return elapsed * (1 - share) / share if share >= _ENOUGH else None
    by_progress = elapsed * (1 - share) / max(share, 0.01)
    return share * by_progress + (1 - share) * max(by_estimate, 0.0)
