"""``alembic-zdt review``: one comment about the revisions that a branch adds.

The findings are those of ``lint``, the steps and estimates those of ``plan``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from alembic.config import Config

from alembic_zdt.commands.lint.command import LintRun, Wanted
from alembic_zdt.commands.lint.linted import Linted
from alembic_zdt.commands.review.branch_history import BranchHistory, RevisionState
from alembic_zdt.commands.review.branch_plan import BranchPlan, plan_of_branch
from alembic_zdt.commands.review.fail_conditions import conditions_in, decide
from alembic_zdt.commands.review.losses import losses
from alembic_zdt.commands.review.review_report import Review, ReviewedRevision
from alembic_zdt.facts.exported import Facts
from alembic_zdt.phases import phase_of
from alembic_zdt.recording.import_stubs import stubbed

_SECTION = "alembic"


def review(
    config: Config,
    git: str,
    *,
    stubs: Sequence[str] = (),
    database: str | None = None,
    facts: Facts | None = None,
    fail_on: str | None = None,
) -> Review:
    """Return the review of the revisions that the branch adds or changes.

    Args:
        config: Alembic's configuration.
        git: the commit, branch or tag from which the branch started.
        stubs: packages to replace with empty stubs if they are not installed.
        database: the URL of a database.
        facts: the facts of a database, instead of the URL.
        fail_on: the conditions that decide the exit code, such as
            ``severity>=error, lock>200ms``; by default the findings decide.

    Raises:
        CommandError: a revision does not exist, or cannot be read.
        UsageError: git does not know the commit, the facts cannot be used, or a
            condition cannot be read.
    """
    conditions = None if fail_on is None else conditions_in(fail_on)
    run = LintRun(config, Wanted(git=git), stubs)
    linted = run.linted(database, facts)
    assert run.files is not None  # noqa: S101  # with a base, files are compared
    history = BranchHistory(run.script, run.files, git)
    states = {each.revision: history.state(each.revision) for each in run.chosen}
    applied = run.applied or frozenset()
    pending = {
        name for name, state in states.items() if state is not RevisionState.UNCHANGED
    }
    pending -= applied
    with stubbed(stubs):
        plan = plan_of_branch(config, run, pending, facts, database)
        lost = losses(config, run.recorded, pending, linted.findings)
    top = run.files.top
    known = {(each.check, each.revision) for each in linted.findings}
    own = (f for f in history.findings() if (f.check, f.revision) not in known)
    findings = (*own, *linted.findings)
    linted = _in_repository(replace(linted, findings=findings), top)
    revisions = [
        replace(each, losses=lost.get(each.revision, ()))
        for each in _revisions(run, states, plan, top)
    ]
    marker = marker_of(config, Path(run.script.dir), top)
    bound = run.settings.lock_timeout.total_seconds()
    asked = database is not None
    found = Review(git, marker, revisions, linted, bound, asked)
    if conditions is None:
        return found
    decisions = decide(conditions, linted, found.times, plan.failures)
    return replace(found, decisions=decisions)


def marker_of(config: Config, folder: Path, top: Path) -> str:
    """Return the first line of the comment, one for each project of a repository.

    An action finds the comment of an earlier run by it, and replaces that one.

    Args:
        config: Alembic's configuration.
        folder: the folder of the revisions.
        top: the top folder of the repository.
    """
    where = _beneath(str(folder.resolve()), top)
    section = config.config_ini_section
    name = where if section == _SECTION else f"{where} {section}"
    return f"<!-- alembic-zdt review: {quote(name).replace('--', '-%2D')} -->"


def _revisions(
    run: LintRun, states: dict[str, RevisionState], plan: BranchPlan, top: Path
) -> list[ReviewedRevision]:
    """Return the revisions in the order of the upgrade."""
    chosen: dict[str, Any] = {each.revision: each for each in run.chosen}
    return [
        ReviewedRevision(
            name,
            " ".join((script.doc or "").split()),
            _beneath(script.path, top),
            phase_of(script),
            states[name],
            None if run.applied is None else name in run.applied,
            [each for each in plan.plan.revisions if each.revision == name],
            plan.failures.get(name, ""),
        )
        for name, script in chosen.items()
    ]


def _in_repository(linted: Linted, top: Path) -> Linted:
    """Return the result with paths from the top of the repository."""

    def moved(places: Collection[Any]) -> tuple[Any, ...]:
        return tuple(
            replace(each, file=_beneath(each.file, top)) if each.file else each
            for each in places
        )

    return replace(
        linted,
        findings=moved(linted.findings),
        unchecked=moved(linted.unchecked),
        other_databases=moved(linted.other_databases),
    )


def _beneath(file: str, top: Path) -> str:
    path = Path(file).resolve()
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else file
