"""The run of all checks over the calls of all revisions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_zdt.checks.check_definition import Check, Problem, problems_of
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.policy import Policy
from alembic_zdt.checks.registry import all_checks
from alembic_zdt.checks.repeatable import fails_again
from alembic_zdt.checks.revision_file import Directory, whole
from alembic_zdt.checks.revision_finding import Evidence, RevisionFinding
from alembic_zdt.checks.severity import Judge
from alembic_zdt.checks.suppressions import (
    UNCHECKED,
    ignores_of,
    is_of_downgrade,
    is_of_upgrade,
)
from alembic_zdt.checks.unchecked_places import unchecked_places
from alembic_zdt.checks.understanding import understood
from alembic_zdt.findings import Severity
from alembic_zdt.oracle.answers import Answers
from alembic_zdt.recording.call import Call, HasPath, RecordedRevision

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_OF_COMMENTS = (
    "Write the id of the check and a reason into a suppression, and remove it when "
    "its finding is gone."
)

_STANDS_ALONE = "own-table"


def lint(
    revisions: Sequence[RecordedRevision],
    wanted: Collection[str] | None = None,
    policy: Policy | None = None,
    oracle: Answers | None = None,
    directory: Directory | None = None,
    migration: MigrationContext | None = None,
) -> Iterator[RevisionFinding]:
    """Yield the findings of the checks, in the order of the revisions.

    Args:
        revisions: all from the base on, because later ones depend on them; an
            env.py of several databases runs each several times.
        wanted: ids of the revisions whose findings are asked for, None for all.
        policy: the settings for checks and tables.
        oracle: the database to ask, or its facts; None without either.
        directory: the directory of the revisions; None for files of SQL, and for
            downgrades.
        migration: Alembic's context of env.py; None for files of SQL.
    """
    found: dict[str, dict[RevisionFinding, None]] = {}
    policy = policy or Policy()
    context = CheckContext(
        oracle=oracle,
        models=directory.models if directory else None,
        kept=("alembic_version", *policy.kept_tables),
        migration=migration,
    )
    judge = Judge(policy, oracle)
    for revision in revisions:
        context.start_revision()
        context.driver = revision.driver
        is_wanted = wanted is None or revision.script.revision in wanted
        own = found.setdefault(revision.script.path, {}) if is_wanted else {}
        acts = list(_parts(revision, directory))
        behind: dict[int, None] = {}
        for number, act in enumerate(acts):
            context.following.calls, context.following.position = acts, number
            if is_wanted:
                for each in _of_call(act, context, revision, judge):
                    own.setdefault(replace(each, behind=tuple(behind)))
            if not act.assured and fails_again(act):
                behind[act.line] = None
            context.note(act)
    scripts = {revision.script.path: revision.script for revision in revisions}
    places: dict[str, list[int]] = {}
    for place in unchecked_places([r for r in revisions if r.script.path in found]):
        places.setdefault(place.file, []).append(place.line)
    for path, findings in found.items():
        # Only upgrades have a directory; each line of SQL counts for downgrades.
        is_told = is_of_upgrade if directory else is_of_downgrade
        left = places.get(path, [])
        yield from _not_ignored(list(findings), scripts[path], is_told, left)


def _parts(revision: RecordedRevision, directory: Directory | None) -> Iterator[Call]:
    if directory is not None:
        yield from whole(revision, directory)
    for call in revision.calls:
        yield from understood(call)


def _not_ignored(
    findings: Sequence[RevisionFinding],
    script: HasPath,
    is_told: Callable[[str, int], bool],
    places: Sequence[int],
) -> Iterator[RevisionFinding]:
    """Yield the findings that no suppression covers, then faulty suppressions."""
    comments = ignores_of(script.path)
    for comment, line in itertools.product(comments, places):
        comment.covers(UNCHECKED, line)
    for found in findings:
        covering = [each.covers(found.check, found.line) for each in comments]
        if not any(covering):
            yield found
    for comment in comments:
        if not is_told(script.path, comment.line):
            continue
        for name, words in comment.problems(all_checks()):
            yield RevisionFinding(
                Severity.WARNING,
                words,
                check=name,
                reason=_OF_COMMENTS,
                revision=script.revision,
                file=script.path,
                line=comment.line,
            )


def _of_call(
    call: Call, context: CheckContext, revision: RecordedRevision, judge: Judge
) -> Iterator[RevisionFinding]:
    if call.assured:
        return
    found = list(_of_checks(call, context, revision, judge))
    # A call that migrations must not make needs no suggestion of another call.
    yield from [each for each in found if each.check == _STANDS_ALONE] or found


def _of_checks(
    call: Call, context: CheckContext, revision: RecordedRevision, judge: Judge
) -> Iterator[RevisionFinding]:
    for check in all_checks().values():
        asked = context.answered
        problems = problems_of(check, call, context)
        is_known = bool(problems) and context.answered > asked
        for problem in problems:
            found = _finding(check, problem, call, revision)
            evidence = Evidence.CATALOG if is_known else Evidence.ASSUMED
            yield from judge.judged(replace(found, evidence=evidence), check, problem)


def _finding(
    check: Check, problem: Problem, call: Call, revision: RecordedRevision
) -> RevisionFinding:
    return RevisionFinding(
        problem.severity or check.severity,
        problem.message,
        problem.suggestion,
        check=check.id,
        object=problem.table.label if problem.table else "",
        reason=check.reason,
        revision=revision.script.revision,
        file=call.file,
        line=problem.line or call.line,
    )
