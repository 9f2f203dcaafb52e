"""The conditions of ``--fail-on``: ``severity>=error, estimate>10min, lock>200ms``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from alembic_zdt.errors import UsageError
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.findings import Severity
from alembic_zdt.settings import duration

SCALE = (Severity.NOTE, Severity.WARNING, Severity.ERROR)
_OPERATORS = (">=", ">")
_SEVERITY = "severity"
_NAMED = 5


@dataclass(frozen=True)
class ConditionNames:
    """The names that the conditions of a command may have.

    Attributes:
        compared: the names of values that are compared with a limit.
        events: the names of events; such a condition is met by the first event.
        example: conditions as a user writes them.
    """

    compared: Sequence[str]
    events: Sequence[str]
    example: str

    @property
    def words(self) -> str:
        """Return a sentence that lists the possible conditions."""
        *most, last = self.compared
        compares = f"A condition compares {', '.join(most)} or {last}"
        more = f", or is one of {', '.join(self.events)}" if self.events else ""
        return f"{compares}{more}."


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes:
        subject: its name, for example ``severity``.
        operator: ``>`` or ``>=``, empty for an event.
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


def parsed(text: str, names: ConditionNames) -> list[Condition]:
    """Parse the value of ``--fail-on``.

    Args:
        text: the value.
        names: the names that the command knows.

    Raises:
        UsageError: a condition cannot be read.
    """
    return [_condition(part, names) for part in text.split(",")]


def _condition(text: str, names: ConditionNames) -> Condition:
    if text.strip() in names.events:
        return Condition(text.strip(), "", 0, text.strip())
    operator = next((each for each in _OPERATORS if each in text), ">")
    subject, _, value = map(str.strip, text.partition(operator))
    if subject not in names.compared or not value:
        raise _unreadable(text, names.words, names)
    written = f"{subject}{operator}{value}"
    if subject == _SEVERITY:
        named = {each.value: place for place, each in enumerate(SCALE)}
        if value not in named:
            raise _unreadable(text, f"The severities are {', '.join(named)}.", names)
        return Condition(subject, operator, named[value], written)
    try:
        limit = duration(value).total_seconds()
    except ValueError as error:
        raise _unreadable(text, f'"{value}" must be {error}.', names) from error
    return Condition(subject, operator, limit, written)


def _unreadable(text: str, detail: str, names: ConditionNames) -> UsageError:
    return UsageError(
        f'cannot read the condition "{text.strip()}"',
        detail=detail,
        hint=f'Write --fail-on "{names.example}".',
    )


def few(causes: Iterable[str]) -> list[str]:
    """Return the first causes, and how many there are more."""
    found = list(dict.fromkeys(causes))
    more = len(found) - _NAMED
    return [*found[:_NAMED], *([f"and {more} more"] if more > 0 else [])]


def exit_code_of(decisions: Iterable[Decision]) -> ExitCode:
    """Return the exit code: a met condition is an error, an unknown one a warning."""
    results = {each.is_met for each in decisions}
    if True in results:
        return ExitCode.ERROR
    return ExitCode.WARNING if None in results else ExitCode.OK
