"""Build the messages of the guard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.suggestions.safe_calls import NO_READY_CALL
from alembic_zdt.errors import UnsafeOperationError
from alembic_zdt.oracle.size import Size
from alembic_zdt.recording.call import Call


class Found(Protocol):
    """A problem, and the check that found it."""

    @property
    def check(self) -> Check:
        """Return the check that found the problem."""

    @property
    def problem(self) -> Problem:
        """Return the problem that the check found."""


def unsafe(
    check: Check,
    problem: Problem,
    size: Size | None,
    call: Call,
    others: Sequence[Found] = (),
    *,
    revision: str,
    is_downgrade: bool = False,
) -> UnsafeOperationError:
    """Build the error for a call that must not be sent.

    Args:
        check: the check that found the problem.
        problem: the problem that it found.
        size: the size of the table, if it is known.
        call: the call that has the problem.
        others: other problems of the call.
        revision: the id of the revision that makes it.
        is_downgrade: whether a downgrade makes it.
    """
    more = "; ".join(f"{each.problem.message} ({each.check.id})" for each in others)
    also = f" Also: {more}." if more else ""
    return UnsafeOperationError(
        f"unsafe ({check.id}): {problem.message}",
        detail=f"{check.reason}{_sized(problem, size)}{also}",
        hint=f"{_instead(problem, *(each.problem for each in others))}"
        "If the call is safe here, put it into a block that gives the reason: "
        'with op.safety_assured("..."). If this revision is applied everywhere else, '
        f"exempt it and all revisions before it: start_after = {revision}. "
        f"The call is in {_place(call)}.{_AT_ONCE if is_downgrade else ''}",
        check=check.id,
        table=problem.table.label if problem.table else None,
        rows=size.rows if size else None,
        file=call.file,
        line=call.line,
    )


_AT_ONCE = (
    " To downgrade at once, without the guard: alembic -x zdt.guard=off downgrade -1."
)


def advice(check: Check, problem: Problem, size: Size | None, call: Call) -> str:
    """Return the line for the log about a problem that does not stop the call."""
    words = f"{_place(call)}: {check.id}: {problem.message}"
    return f"{words}. {check.reason}{_sized(problem, size)} {_instead(problem)}".strip()


def _sized(problem: Problem, size: Size | None) -> str:
    if problem.table is None or size is None:
        return ""
    return f' "{problem.table.label}" has {size.label}.'


def _instead(*problems: Problem) -> str:
    """Return the calls to write for all problems of a call."""
    said = dict.fromkeys(each.suggestion for each in problems if each.suggestion)
    words = [each for each in said if each.startswith(NO_READY_CALL)]
    if words:
        others = _instead(*(each for each in problems if each.suggestion not in words))
        return f"{others}{'. '.join(each.removeprefix('# ') for each in words)}. "
    calls = "; ".join(
        dict.fromkeys(line for each in said for line in each.splitlines())
    )
    return f"Write {calls} instead. " if calls else ""


def _place(call: Call) -> str:
    return f"{Path(call.file).name}:{call.line}" if call.line else Path(call.file).name
