"""The conditions of ``rehearse --fail-on``, which the trace decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from alembic_zdt.commands.conditions import (
    Condition,
    ConditionNames,
    Decision,
    exit_code_of,
    few,
    parsed,
)
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.rehearsal.outcome import RehearsalOutcome, RevisionOutcome

Measured = Iterator[tuple[float, str]]


def _answers(found: RevisionOutcome) -> Measured:
    for each in found.answers:
        yield each.took, f"{each.statement} took {_milliseconds(each.took)}"


def _locks(found: RevisionOutcome) -> Measured:
    for statement in found.statements:
        for lock in statement.locks:
            if lock.mode.stalls_application and lock.table in found.tables:
                name = f"{lock.mode.value} on {lock.relation.sql}"
                yield lock.held, f"{name} held for {_milliseconds(lock.held)}"


_VALUES: Mapping[str, Callable[[RevisionOutcome], Measured]] = MappingProxyType(
    {"answer": _answers, "lock": _locks}
)
_EVENTS: Mapping[str, Callable[[RevisionOutcome], Iterable[str]]] = MappingProxyType(
    {
        "stall": lambda found: map(str, found.stalls),
        "undeclared": lambda found: map(str, found.undeclared),
        "error": lambda found: (each.statement for each in found.failed),
    }
)
_NAMES = ConditionNames(
    tuple(_VALUES), tuple(_EVENTS), "stall, undeclared, error, answer > 200ms"
)


def conditions_in(text: str) -> list[Condition]:
    """Parse the value of ``--fail-on``.

    Raises:
        UsageError: a condition cannot be read.
    """
    return parsed(text, _NAMES)


@dataclass(frozen=True)
class RehearsalVerdict:
    """The decisions of the conditions about a rehearsal.

    Attributes:
        decisions: the decision of each condition.
        is_complete: whether all revisions ran.
    """

    decisions: Sequence[Decision]
    is_complete: bool

    @property
    def exit_code(self) -> ExitCode:
        """Return the code: a revision that fails is always an error."""
        if not self.is_complete:
            return ExitCode.ERROR
        return exit_code_of(self.decisions)

    def lines(self) -> Iterator[str]:
        """Yield a line for each condition that is met."""
        for each in self.decisions:
            if each.is_met:
                yield f"{each.condition} is met: {'; '.join(each.causes)}"

    def as_json(self) -> list[dict[str, Any]]:
        """Return the decisions for ``--json``."""
        return [each.as_json() for each in self.decisions]


def decide(
    conditions: Iterable[Condition], found: RehearsalOutcome
) -> RehearsalVerdict:
    """Decide each condition."""
    decisions = [_decided(each, found.revisions) for each in conditions]
    return RehearsalVerdict(decisions, not any(each.error for each in found.revisions))


def _decided(condition: Condition, found: Sequence[RevisionOutcome]) -> Decision:
    causes = few(
        f"{each.revision}: {' '.join(cause.split())}"
        for each in found
        for cause in _causes(condition, each)
    )
    return Decision(condition.text, bool(causes), causes)


def _causes(condition: Condition, found: RevisionOutcome) -> Iterable[str]:
    if condition.subject in _EVENTS:
        return _EVENTS[condition.subject](found)
    values = _VALUES[condition.subject](found)
    over = [(value, text) for value, text in values if condition.exceeds(value)]
    return [text for _, text in sorted(over, reverse=True)]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"
