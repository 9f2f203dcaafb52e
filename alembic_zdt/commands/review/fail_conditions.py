"""The conditions of ``--fail-on``: ``severity>=error, estimate>10min, lock>200ms``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from alembic_zdt.commands.lint.linted import Linted
from alembic_zdt.commands.review.step_times import StepTimes
from alembic_zdt.errors import UsageError
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.findings import Severity
from alembic_zdt.settings import duration

_OPERATORS = (">=", ">")
_SUBJECTS = ("severity", "estimate", "lock")
_SCALE = (Severity.NOTE, Severity.WARNING, Severity.ERROR)
_NAMED = 5


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes:
        subject: ``severity``, ``estimate`` or ``lock``.
        operator: ``>`` or ``>=``.
        limit: the place on the scale of severities, or seconds.
        text: the condition as it is written.
    """

    subject: str
    operator: str
    limit: float
    text: str

    def exceeds(self, value: float) -> bool:
        """Check whether a value meets the condition."""
        return value > self.limit or (self.operator == ">=" and value == self.limit)


@dataclass(frozen=True)
class Decision:
    """A condition, and whether it is met.

    Attributes:
        condition: the condition as it is written.
        is_met: whether it is met, None if that is not known.
        causes: what meets it, or what is not known.
    """

    condition: str
    is_met: bool | None
    causes: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the decision for ``--json``."""
        return {
            "condition": self.condition,
            "met": self.is_met,
            "causes": list(self.causes),
        }


def conditions_in(text: str) -> list[Condition]:
    """Parse the value of ``--fail-on``.

    Raises:
        UsageError: a condition cannot be read.
    """
    return [_condition(part) for part in text.split(",")]


def _condition(text: str) -> Condition:
    operator = next((each for each in _OPERATORS if each in text), ">")
    subject, _, value = map(str.strip, text.partition(operator))
    if subject not in _SUBJECTS or not value:
        raise _unreadable(text, "A condition compares severity, estimate or lock.")
    written = f"{subject}{operator}{value}"
    if subject == "severity":
        named = {each.value: place for place, each in enumerate(_SCALE)}
        if value not in named:
            raise _unreadable(text, f"The severities are {', '.join(named)}.")
        return Condition(subject, operator, named[value], written)
    try:
        limit = duration(value).total_seconds()
    except ValueError as error:
        raise _unreadable(text, f'"{value}" must be {error}.') from error
    return Condition(subject, operator, limit, written)


def _unreadable(text: str, detail: str) -> UsageError:
    return UsageError(
        f'cannot read the condition "{text.strip()}"',
        detail=detail,
        hint='Write --fail-on "severity >= error, estimate > 10min, lock > 200ms".',
    )


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
        return Decision(condition.text, bool(found), _few(found))
    value = _VALUES[condition.subject]
    known = [(value(each), each) for each in times]
    over = [_name(t) for v, t in known if v is not None and condition.exceeds(v)]
    if over:
        return Decision(condition.text, is_met=True, causes=_few(over))
    unknown = [*(_name(t) for v, t in known if v is None), *unplanned]
    return Decision(condition.text, None if unknown else False, _few(unknown))


_VALUES: MappingProxyType[str, Callable[[StepTimes], float | None]] = MappingProxyType(
    {
        "estimate": lambda times: times.running,
        "lock": lambda times: times.blocking,
    }
)


def _severities(linted: Linted) -> Iterator[tuple[int, str]]:
    for found in linted.findings:
        yield _SCALE.index(found.severity), f"{found.check}: {found.message}"
    for left in linted.unchecked:
        severity = Severity.ERROR if left.is_broken else Severity.WARNING
        yield _SCALE.index(severity), f"not looked at: {left.reason}"


def _name(times: StepTimes) -> str:
    return f"{times.revision}: {times.planned.step.purpose}"


def _few(causes: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(causes))
    more = len(found) - _NAMED
    return [*found[:_NAMED], *([f"and {more} more"] if more > 0 else [])]


def exit_code_of(decisions: Iterable[Decision]) -> ExitCode:
    """Return the exit code: a met condition is an error, an unknown one a warning."""
    results = {each.is_met for each in decisions}
    if True in results:
        return ExitCode.ERROR
    return ExitCode.WARNING if None in results else ExitCode.OK
