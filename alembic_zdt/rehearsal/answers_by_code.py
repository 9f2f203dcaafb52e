"""The answers to old code and to new code, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alembic_zdt.rehearsal.named_columns import NEW, OLD
from alembic_zdt.tracing.traffic import Answer

_UNKNOWN = ""
_MOST_ERRORS = 10


def lines(answers: Sequence[Answer]) -> Iterator[str]:
    """Yield a line for each code, if both ran."""
    found = by_code(answers)
    if OLD in found and NEW in found:
        for code, own in found.items():
            yield (
                f"  {named(code)}: {len(own):,} statements, "
                f"the slowest answer took {_longest(own) * 1000:,.0f} ms"
            )


def sender(answer: Answer) -> str:
    """Return the code that sent a statement, with the statement."""
    return f"{named(answer.code)}: {answer.statement}"


def errors(answers: Sequence[Answer]) -> Sequence[tuple[str, str, int]]:
    """Return each error once: the sender, the message, how often; the most first."""
    counts = Counter(
        (sender(each), each.message) for each in answers if each.error is not None
    )
    return [(*error, count) for error, count in counts.most_common()]


def error_lines(answers: Sequence[Answer]) -> Iterator[str]:
    """Yield a line for each error that differs from the others, up to a few."""
    found = errors(answers)
    for who, message, count in found[:_MOST_ERRORS]:
        yield f"  error of {who}: {message}" + (f" ({count:,} times)" * (count > 1))
    if found[_MOST_ERRORS:]:
        yield f"  and {len(found) - _MOST_ERRORS:,} other errors"


def as_json(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """Return the objects of the JSON output."""
    return [
        {
            "code": code or None,
            "answers": len(own),
            "errors": sum(each.error is not None for each in own),
            "longest_answer_seconds": round(_longest(own), 4),
        }
        for code, own in by_code(answers).items()
    ]


def by_code(answers: Sequence[Answer]) -> Mapping[str, Sequence[Answer]]:
    """Return the answers by the code that sent the statements, where there are any."""
    found = {
        code: [each for each in answers if each.code == code]
        for code in (OLD, NEW, _UNKNOWN)
    }
    return {code: own for code, own in found.items() if own}


def named(code: str) -> str:
    """Return the name of a code, which may be unknown."""
    return f"{code} code" if code else "the application"


def _longest(answers: Sequence[Answer]) -> float:
    return max((each.took for each in answers), default=0.0)
