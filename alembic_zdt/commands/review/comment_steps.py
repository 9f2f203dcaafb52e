"""The steps of a revision in the comment, and its SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic_zdt.commands.plan_output import lock_texts
from alembic_zdt.commands.review.comment_size import CommentPart, Rank
from alembic_zdt.commands.review.markdown_text import block, code, text
from alembic_zdt.commands.review.review_report import Review, ReviewedRevision
from alembic_zdt.commands.review.step_times import span, times_of_step
from alembic_zdt.estimates.estimate_text import estimate_text, size_text
from alembic_zdt.recording.planned_steps import (
    PlannedOperation,
    PlannedRevision,
    PlannedStep,
)

_LONGEST = 8000
_MOST_SQL = 12_000


def steps_parts(planned: PlannedRevision, review: Review) -> Iterator[CommentPart]:
    """Yield the steps of a revision, call by call."""
    where = f" in {code(planned.database)}" if planned.database else ""
    if not planned.operations:
        yield CommentPart(Rank.STEPS, f"Nothing to run{where}.", "steps")
        return
    for operation in planned.operations:
        lines = [f"{code(operation.call)}{where}", *_lines(operation, review)]
        yield CommentPart(Rank.STEPS, "\n".join(_shortened(lines)), "steps")


def _lines(operation: PlannedOperation, review: Review) -> Iterator[str]:
    yield ""
    if operation.note:
        yield f"* note: {text(operation.note)}"
    for number, step in enumerate(operation.steps, start=1):
        yield f"{number}. {_step(operation, step, review)}"


def _shortened(lines: Sequence[str]) -> list[str]:
    """Return the lines that fit, then a line with the number of those left out."""
    room, kept = _LONGEST, list[str]()
    for line in lines:
        room -= len(line)
        if room < 0:
            return [*kept, "", f"... {len(lines) - len(kept)} more steps"]
        kept.append(line)
    return kept


def _step(operation: PlannedOperation, planned: PlannedStep, review: Review) -> str:
    details = "\n".join(f"   * {line}" for line in _details(operation, planned, review))
    done = " (done already, will be skipped)" if planned.done else ""
    return f"{text(planned.step.purpose, 300)}{done}\n{details}"


def _details(
    operation: PlannedOperation, planned: PlannedStep, review: Review
) -> Iterator[str]:
    yield from (f"lock: {text(words)}" for words in lock_texts(planned))
    if planned.stalling:
        found = times_of_step("", operation, planned, review.bound).blocking
        time = "an unknown time" if found is None else f"{span(found)} at most"
        yield f"blocks the application for {time}"
    if planned.scans:
        yield f"reads all of {', '.join(map(code, planned.scans))}"
    if planned.estimate is not None:
        words = f"{estimate_text(planned.estimate)}; {size_text(planned.estimate)}"
        yield f"time: {text(words)}"
    if planned.skipped_when:
        yield f"skipped when {text(planned.skipped_when)}"
    if planned.note:
        yield f"note: {text(planned.note)}"


def sql_part(revision: ReviewedRevision) -> Iterator[CommentPart]:
    """Yield the statements of a revision, folded."""
    statements = [
        f"{statement};"
        for planned in revision.planned
        for step in planned.steps
        for statement in step.step.statements
    ]
    if statements:
        fenced = block("\n".join(statements), "sql", _MOST_SQL)
        summary = f"<summary>SQL of {_html(revision.revision)}</summary>"
        words = f"<details>{summary}\n\n{fenced}\n\n</details>"
        yield CommentPart(Rank.SQL, words, "SQL of revisions")


def _html(words: str) -> str:
    """Escape a text for HTML, where no character may be markup."""
    return "".join(
        each
        if each.isascii() and (each.isalnum() or each == " ")
        else f"&#{ord(each)};"
        for each in words[:100]
    )
