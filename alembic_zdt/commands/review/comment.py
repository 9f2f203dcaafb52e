"""The comment for a pull request or merge request, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic_zdt.commands.review.branch_history import RevisionState
from alembic_zdt.commands.review.comment_findings import elsewhere, of_revision
from alembic_zdt.commands.review.comment_size import CommentPart, Rank, fitted
from alembic_zdt.commands.review.comment_steps import sql_part, steps_parts
from alembic_zdt.commands.review.comment_verdict import assumptions, verdict_parts
from alembic_zdt.commands.review.markdown_text import code, text
from alembic_zdt.commands.review.review_report import Review, ReviewedRevision
from alembic_zdt.phases import Phase

_TITLE = "## Migrations of this branch"
_GATES = {
    Phase.EXPAND.when: "",
    Phase.CONTRACT.when: " It refuses while sessions of the old code are connected.",
}


def comment(review: Review) -> str:
    """Return the comment, which begins with its marker and fits into GitHub's limit."""
    base = text(review.base, 100)
    if not review.revisions and not review.linted.findings:
        words = f"This branch adds or changes no migrations since {base}."
        parts = [_head(review, words)]
    else:
        verdict, *others = verdict_parts(review)
        parts = [_head(review, verdict.text), *others, *_body(review)]
    command = code(f"alembic-zdt review --git {review.base} --json", 200)
    return fitted(parts, f"All of it: {command}")


def _head(review: Review, words: str) -> CommentPart:
    return CommentPart(Rank.VERDICT, f"{review.marker}\n{_TITLE}\n\n{words}")


def _body(review: Review) -> Iterator[CommentPart]:
    yield from elsewhere(review)
    for when in _GATES:
        mine = [r for r in review.revisions if _runs(r) and r.phase.when == when]
        if mine:
            yield _heading(when, mine)
        for each in mine:
            yield from _revision(review, each)
    yield from _done(review)
    yield from _left(review)


def _runs(revision: ReviewedRevision) -> bool:
    return (
        revision.is_applied is not True
        and revision.state is not RevisionState.UNCHANGED
    )


def _heading(when: str, revisions: Sequence[ReviewedRevision]) -> CommentPart:
    command = code(revisions[0].phase.command)
    words = f"### {when.capitalize()}\n\n{command} runs it.{_GATES[when]}"
    return CommentPart(Rank.TITLE, words, "headings")


def _revision(review: Review, revision: ReviewedRevision) -> Iterator[CommentPart]:
    yield CommentPart(Rank.TITLE, _title(revision), "titles of revisions")
    yield from of_revision(review, revision)
    for planned in revision.planned:
        yield from steps_parts(planned, review)
    yield from sql_part(revision)


def _title(revision: ReviewedRevision) -> str:
    message = f": {text(revision.message, 200)}" if revision.message else ""
    state = ", changed" if revision.state is RevisionState.CHANGED else ""
    phase = f"{revision.phase.value}{state}"
    return f"#### {code(revision.revision)}{message} ({phase})"


def _done(review: Review) -> Iterator[CommentPart]:
    """Yield the revisions that will not run."""
    for each in review.revisions:
        if not _runs(each):
            is_same = each.state is RevisionState.UNCHANGED
            why = "its upgrade is unchanged" if is_same else "the database has it"
            words = f"#### {code(each.revision)} does not run: {why}"
            yield CommentPart(Rank.TITLE, words, "titles of revisions")
            yield from of_revision(review, each)


def _left(review: Review) -> Iterator[CommentPart]:
    yield CommentPart(Rank.FIRST, f"---\n\n{assumptions(review)}", "assumptions")
