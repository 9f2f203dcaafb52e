"""The findings of a revision in the comment, with suggestions and links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_zdt.checks.registry import all_checks
from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.checks.unchecked_places import Unchecked
from alembic_zdt.commands.lint.formats import sized
from alembic_zdt.commands.review.comment_size import CommentPart, Rank
from alembic_zdt.commands.review.markdown_text import block, code, indented, text
from alembic_zdt.commands.review.review_report import Review, ReviewedRevision
from alembic_zdt.documentation import explanation
from alembic_zdt.findings import Severity

_RANKS = {
    Severity.ERROR: Rank.ERROR,
    Severity.WARNING: Rank.WARNING,
    Severity.NOTE: Rank.NOTE,
}
_LONGEST_SUGGESTION = 2000


def of_revision(review: Review, revision: ReviewedRevision) -> Iterator[CommentPart]:
    """Yield the findings of a revision, its losses, and what could not be checked."""
    yield from _findings(review.findings_of(revision.revision))
    for reason in revision.losses:
        words = f"* **cannot be undone**: {text(reason)}"
        yield CommentPart(Rank.LOSS, words, "irreversible changes")
    if revision.failure:
        words = f"* **steps unknown**: {text(revision.failure)}"
        yield CommentPart(Rank.WARNING, words, "revisions without a plan")
    yield from _unchecked(review.unchecked_of(revision.revision))


def elsewhere(review: Review) -> Iterator[CommentPart]:
    """Yield the findings of revisions that the branch lacks, such as deleted ones."""
    yield from _findings(review.findings_elsewhere())
    yield from _unchecked(review.unchecked_elsewhere())


def _findings(findings: Iterable[RevisionFinding]) -> Iterator[CommentPart]:
    for found in findings:
        rank = _RANKS[found.severity]
        yield CommentPart(rank, _finding(found), f"findings: {found.severity.value}")


def _finding(found: RevisionFinding) -> str:
    place = f" in {code(found.file)}"
    line = f", line {found.line}" if found.line else ""
    words = text(f"{found.message}. {found.reason}{sized(found)}")
    item = f"* **{found.severity.value}** {_check(found.check)}{place}{line}: {words}"
    if not found.suggestion:
        return item
    if found.check not in all_checks():  # a sentence, not a call
        return f"{item} {text(found.suggestion)}"
    instead = block(found.suggestion, "python", _LONGEST_SUGGESTION)
    return f"{item}\n  Instead:\n\n{indented(instead)}"


def _check(check: str) -> str:
    """Return the id of a check with its page, or the command that prints the page."""
    if check not in all_checks():
        return code(check)
    page = explanation(check, check)
    if page.startswith("https://"):
        return f"[{code(check)}]({page})"
    return f"{code(check)} ({code(page)})"


def _unchecked(places: Iterable[Unchecked]) -> Iterator[CommentPart]:
    for each in places:
        line = f", line {each.line}" if each.line else ""
        words = "cannot be read" if each.is_broken else "not looked at"
        item = f"* **{words}** {code(each.file)}{line}: {text(each.reason)}"
        rank = Rank.ERROR if each.is_broken else Rank.UNCHECKED
        yield CommentPart(rank, item, "places that were not looked at")
