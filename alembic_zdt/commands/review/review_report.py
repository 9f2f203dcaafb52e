"""The review as data: the revisions of a branch, with what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.checks.unchecked_places import Unchecked
from alembic_zdt.commands.conditions import Decision, exit_code_of
from alembic_zdt.commands.lint.linted import Linted
from alembic_zdt.commands.plan_output import revision_json
from alembic_zdt.commands.review.branch_history import RevisionState
from alembic_zdt.commands.review.step_times import StepTimes, times_of
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.findings import Severity
from alembic_zdt.phases import Phase
from alembic_zdt.recording.planned_steps import PlannedRevision


@dataclass(frozen=True)
class ReviewedRevision:
    """One revision of the branch.

    Attributes:
        revision: its id.
        message: the first line of its docstring.
        file: its path in the repository.
        phase: its phase.
        state: what the branch does to it.
        is_applied: whether the database has it, None without a database or facts.
        planned: its plan, one for each database of env.py.
        failure: why it cannot be planned, empty if it can.
        losses: what a downgrade cannot restore.
    """

    revision: str
    message: str
    file: str
    phase: Phase
    state: RevisionState
    is_applied: bool | None
    planned: Sequence[PlannedRevision] = ()
    failure: str = ""
    losses: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the revision for ``--json``."""
        return {
            "revision": self.revision,
            "message": self.message or None,
            "file": self.file,
            "phase": self.phase.value,
            "state": self.state.value,
            "applied": self.is_applied,
            "plan_failure": self.failure or None,
            "losses": list(self.losses),
        }


@dataclass(frozen=True)
class Review:
    """The review of a branch.

    Attributes:
        base: the base of the branch.
        marker: the first line of the comment.
        revisions: the revisions, in the order in which they run.
        linted: the findings, those about the history first.
        bound: the setting ``lock_timeout`` in seconds.
        asked: whether a database was asked.
        decisions: the conditions of ``--fail-on``, None without the option.
    """

    base: str
    marker: str
    revisions: Sequence[ReviewedRevision]
    linted: Linted
    bound: float
    asked: bool = False
    decisions: Sequence[Decision] | None = None

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code of ``--fail-on``, or of the findings without it."""
        if self.decisions is not None:
            return exit_code_of(self.decisions)
        unplanned = any(each.failure for each in self.revisions)
        return max(
            self.linted.exit_code, ExitCode.WARNING if unplanned else ExitCode.OK
        )

    @property
    def times(self) -> Sequence[StepTimes]:
        """Return the times of all steps."""
        return tuple(
            times
            for each in self.revisions
            for planned in each.planned
            for times in times_of(planned, self.bound)
        )

    @property
    def counts(self) -> Mapping[Severity, int]:
        """Return the number of findings of each severity."""
        found = [each.severity for each in self.linted.findings]
        return {severity: found.count(severity) for severity in Severity}

    def findings_of(self, revision: str) -> Iterator[RevisionFinding]:
        """Yield the findings of a revision, the worst first."""
        order = list(Severity)
        mine = [each for each in self.linted.findings if each.revision == revision]
        yield from sorted(mine, key=lambda each: order.index(each.severity))

    def findings_elsewhere(self) -> Iterator[RevisionFinding]:
        """Yield the findings of revisions that the branch does not have."""
        names = {each.revision for each in self.revisions}
        yield from (f for f in self.linted.findings if f.revision not in names)

    def unchecked_of(self, revision: str) -> Iterator[Unchecked]:
        """Yield the parts of a revision that could not be checked."""
        yield from (u for u in self.linted.unchecked if u.revision == revision)

    def unchecked_elsewhere(self) -> Iterator[Unchecked]:
        """Yield the parts that belong to none of the revisions, such as env.py."""
        names = {each.revision for each in self.revisions}
        yield from (u for u in self.linted.unchecked if u.revision not in names)

    def as_json(self) -> dict[str, Any]:
        """Return the review for ``--json``."""
        plans = [plan for each in self.revisions for plan in each.planned]
        decisions = None
        if self.decisions is not None:
            decisions = [each.as_json() for each in self.decisions]
        linted = self.linted.as_json()
        return {
            "base": self.base,
            "marker": self.marker,
            "asked": self.asked,
            "facts": self.linted.facts,
            "revisions": [each.as_json() for each in self.revisions],
            "plan": [revision_json(each) for each in plans],
            "findings": linted["findings"],
            "unchecked": linted["unchecked"],
            "other_databases": linted["other_databases"],
            "conditions": decisions,
            "exit_code": self.exit_code.value,
        }
