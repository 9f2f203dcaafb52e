"""Each check on each call of each revision."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.finding import Evidence, Finding
from alembic_zdt.checks.looking import problems_of
from alembic_zdt.checks.policy import Policy
from alembic_zdt.checks.registry import all_checks
from alembic_zdt.checks.revision_file import Directory, whole
from alembic_zdt.checks.severity import Judge
from alembic_zdt.checks.suppressions import ignores_of, is_of_downgrade, is_of_upgrade
from alembic_zdt.checks.understanding import understood
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.recording.call import Call, HasPath, RecordedRevision

_OF_COMMENTS = (
    "A comment that lets something be is for whoever reads it next: it names the "
    "check, says why, and goes when it is not needed any more."
)


def lint(
    revisions: Sequence[RecordedRevision],
    wanted: Collection[str] | None = None,
    policy: Policy | None = None,
    oracle: Oracle | None = None,
    directory: Directory | None = None,
) -> Iterator[Finding]:
    """Yield the findings of the checks, in the order of the revisions.

    Args:
        revisions: all from the base on, because later ones depend on them; an
            env.py of several databases runs each several times.
        wanted: ids of the revisions whose findings are asked for, None for all.
        policy: the settings for checks and tables.
        oracle: the database that is asked, if any is.
        directory: of the revisions; None for files of SQL, and for downgrades.
    """
    found: dict[str, dict[Finding, None]] = {}
    context = CheckContext(
        oracle=oracle, models=directory.models if directory else None
    )
    judge = Judge(policy or Policy(), oracle)
    for revision in revisions:
        context.start_revision()
        is_wanted = wanted is None or revision.script.revision in wanted
        own = found.setdefault(revision.script.path, {}) if is_wanted else {}
        for act in _parts(revision, directory):
            if is_wanted:
                own |= dict.fromkeys(_of_call(act, context, revision, judge))
            context.note(act)
    scripts = {revision.script.path: revision.script for revision in revisions}
    for path, findings in found.items():
        # Downgrades have no directory; nor has SQL, which has no functions either.
        is_told = is_of_upgrade if directory else is_of_downgrade
        yield from _not_ignored(list(findings), scripts[path], is_told)


def _parts(revision: RecordedRevision, directory: Directory | None) -> Iterator[Call]:
    if directory is not None:
        yield from whole(revision, directory)
    for call in revision.calls:
        yield from understood(call)


def _not_ignored(
    findings: Sequence[Finding], script: HasPath, is_told: Callable[[str, int], bool]
) -> Iterator[Finding]:
    """Yield the findings without a suppression, then the faults of suppressions."""
    comments = ignores_of(script.path)
    for found in findings:
        covering = [each.covers(found.check, found.line) for each in comments]
        if not any(covering):
            yield found
    for comment in comments:
        if not is_told(script.path, comment.line):
            continue
        for name, words in comment.problems(all_checks()):
            yield Finding(
                name,
                Severity.WARNING,
                words,
                _OF_COMMENTS,
                "",
                script.revision,
                script.path,
                comment.line,
            )


def _of_call(
    call: Call, context: CheckContext, revision: RecordedRevision, judge: Judge
) -> Iterator[Finding]:
    if call.assured:
        return
    for check in all_checks().values():
        asked = context.answered
        problems = problems_of(check, call, context)
        is_known = context.answered > asked
        for problem in problems:
            found = _finding(check, problem, call, revision)
            evidence = Evidence.CATALOG if is_known else Evidence.ASSUMED
            yield from judge.judged(replace(found, evidence=evidence), check, problem)


def _finding(
    check: Check, problem: Problem, call: Call, revision: RecordedRevision
) -> Finding:
    return Finding(
        check.id,
        problem.severity or check.severity,
        problem.words,
        check.reason,
        problem.instead,
        revision.script.revision,
        call.file,
        problem.line or call.line,
    )
