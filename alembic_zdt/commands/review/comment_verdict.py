"""The first lines of the comment: the verdict, and what to look at first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from alembic_zdt.commands.review.comment_size import CommentPart, Rank
from alembic_zdt.commands.review.markdown_text import code, text
from alembic_zdt.commands.review.review_report import Review
from alembic_zdt.commands.review.step_times import StepTimes, span
from alembic_zdt.estimates.estimate_text import times_text
from alembic_zdt.facts.exported import LONGEST_AGE, is_old
from alembic_zdt.findings import Severity
from alembic_zdt.printable import counted, listed

_MOST_FIRST = 8


def verdict_parts(review: Review) -> Iterator[CommentPart]:
    """Yield the verdict, the conditions, and the changes to look at first."""
    yield CommentPart(Rank.VERDICT, _verdict(review))
    conditions = [*_conditions(review)]
    if conditions:
        yield CommentPart(Rank.FIRST, "\n".join(conditions), "conditions")
    first = [*_first(review)]
    if first:
        shown = first[:_MOST_FIRST]
        if len(first) > _MOST_FIRST:
            shown.append(f"* and {len(first) - _MOST_FIRST} more")
        words = "\n".join(("Look first at:", "", *shown))
        yield CommentPart(Rank.FIRST, words, "what to look at first")


def _verdict(review: Review) -> str:
    counts = review.counts
    numbers = (
        counted(len(review.revisions), "revision"),
        counted(counts[Severity.ERROR], "error"),
        counted(counts[Severity.WARNING], "warning"),
    )
    lost = [each.revision for each in review.revisions if each.losses]
    sentences = (
        f"**{', '.join(numbers)}.**",
        f"Longest lock: {_longest_lock(review)}.",
        f"Longest step: {_longest_step(review)}.",
        f"Irreversible: {', '.join(map(code, lost[:5])) or 'nothing'}{_more(lost)}.",
    )
    return " ".join(sentences)


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - 5} more" if len(names) > 5 else ""


def _longest_lock(review: Review) -> str:
    unknown = [each for each in review.times if each.blocking is None]
    if unknown or _has_failures(review):
        return f"unknown{_tables(unknown)}"
    longest = max((each.blocking or 0.0 for each in review.times), default=0.0)
    return f"{span(longest)} at most" if longest else "none that blocks the application"


def _longest_step(review: Review) -> str:
    unknown = [each for each in review.times if each.running is None]
    known = [each.planned.estimate for each in review.times if each.planned.estimate]
    longest = max(known, key=lambda each: each.likely, default=None)
    if unknown or _has_failures(review):
        least = f"at least {times_text(longest)}, the rest is " if longest else ""
        return f"{least}unknown{_tables(unknown)}"
    return times_text(longest) if longest else "none whose time grows with a table"


def _has_failures(review: Review) -> bool:
    return any(each.failure for each in review.revisions)


def _tables(times: Iterable[StepTimes]) -> str:
    names = list(dict.fromkeys(name for each in times for name in each.tables))
    return f" (on {listed([code(name, 100) for name in names], 3)})" if names else ""


def _conditions(review: Review) -> Iterator[str]:
    results = {True: "**is met**", None: "could not be decided"}
    for each in review.decisions or ():
        if each.is_met is not False:
            causes = "; ".join(text(cause, 200) for cause in each.causes)
            yield f"* {code(each.condition)} {results[each.is_met]}: {causes}"


def _first(review: Review) -> Iterator[str]:
    if len(review.revisions) == 1:
        return  # its findings follow at once
    for found in review.linted.findings:
        if found.severity is Severity.ERROR or not found.line:
            name = code(found.revision)
            yield f"* {name}: {found.severity.value}, {text(found.message, 300)}"
    for each in review.revisions:
        for reason in each.losses[:1]:
            words = text(reason, 300)
            yield f"* {code(each.revision)}: cannot be undone, {words}"


def assumptions(review: Review) -> str:
    """Return what the review knows of the database, in small print."""
    facts = review.linted.facts
    if review.asked:
        words = "Sizes and estimates are those of the database that was asked."
    elif facts:
        words = f"Sizes and estimates are from the facts of {text(facts, 40)}."
        if is_old(facts):
            words += f" They are older than {LONGEST_AGE.days} days: export them again."
    else:
        words = (
            "No database and no facts were used: sizes are unknown, each table counts "
            "as large, and no time is estimated. "
            f"Export facts: {code('alembic-zdt facts export')}."
        )
    return f"<sub>{words}</sub>"
