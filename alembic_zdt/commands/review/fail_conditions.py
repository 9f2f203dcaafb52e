"""The conditions of ``review --fail-on``, decided from findings and estimates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import MappingProxyType

from alembic_zdt.commands.conditions import (
    SCALE,
    Condition,
    ConditionNames,
    Decision,
    few,
    parsed,
)
from alembic_zdt.commands.lint.linted import Linted
from alembic_zdt.commands.review.step_times import StepTimes
from alembic_zdt.findings import Severity

_NAMES = ConditionNames(
    ("severity", "estimate", "lock"),
    (),
    "severity >= error, estimate > 10min, lock > 200ms",
)


def conditions_in(text: str) -> list[Condition]:
    """Parse the value of ``--fail-on``.

    Raises:
        UsageError: a condition cannot be read.
    """
    return parsed(text, _NAMES)


def decide(
    conditions: Iterable[Condition],
    linted: Linted,
    times: Sequence[StepTimes],
    failures: Iterable[str],
) -> list[Decision]:
    """Decide each condition.

    Args:
        conditions: the conditions.
        linted: the result of the lint, whose unchecked parts count as warnings.
        times: the times of all steps.
        failures: the revisions that could not be planned.
    """
    unplanned = [f"{name} could not be planned" for name in failures]
    return [_decided(each, linted, times, unplanned) for each in conditions]


def _decided(
    condition: Condition,
    linted: Linted,
    times: Sequence[StepTimes],
    unplanned: Sequence[str],
) -> Decision:
    if condition.subject == "severity":
        found = [w for place, w in _severities(linted) if condition.exceeds(place)]
        return Decision(condition.text, bool(found), few(found))
    value = _VALUES[condition.subject]
    known = [(value(each), each) for each in times]
    over = [_name(t) for v, t in known if v is not None and condition.exceeds(v)]
    if over:
        return Decision(condition.text, is_met=True, causes=few(over))
    unknown = [*(_name(t) for v, t in known if v is None), *unplanned]
    return Decision(condition.text, None if unknown else False, few(unknown))


_VALUES: MappingProxyType[str, Callable[[StepTimes], float | None]] = MappingProxyType(
    {
        "estimate": lambda times: times.running,
        "lock": lambda times: times.blocking,
    }
)


def _severities(linted: Linted) -> Iterator[tuple[int, str]]:
    for found in linted.findings:
        yield SCALE.index(found.severity), f"{found.check}: {found.message}"
    for left in linted.unchecked:
        severity = Severity.ERROR if left.is_broken else Severity.WARNING
        yield SCALE.index(severity), f"not looked at: {left.reason}"


def _name(times: StepTimes) -> str:
    return f"{times.revision}: {times.planned.step.purpose}"
