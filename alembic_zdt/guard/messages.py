"""Build the messages of the guard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from alembic_zdt.checks.check import Check, Problem
from alembic_zdt.checks.suggestions import NO_READY_CALL
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
    is_downgrade: bool = False,
) -> UnsafeOperationError:
    """Build the error for a call that must not be sent.

    Args:
        check: that found it.
        problem: what it found.
        size: of the table, if it is known.
        call: the call that has the problem.
        others: other problems of the call.
        is_downgrade: whether a downgrade makes it.
    """
    more = "; ".join(f"{each.problem.words} ({each.check.id})" for each in others)
    also = f" Also: {more}." if more else ""
    return UnsafeOperationError(
        f"unsafe ({check.id}): {problem.words}",
        detail=f"{check.reason}{_sized(problem, size)}{also}",
        hint=f"{_instead(problem)}Where it is safe, say why: "
        f'with op.safety_assured("..."). In {_place(call)}.'
        f"{_AT_ONCE if is_downgrade else ''}",
        check=check.id,
        table=problem.table.words if problem.table else None,
        rows=size.rows if size else None,
        file=call.file,
        line=call.line,
    )


_AT_ONCE = (
    " To downgrade at once, without the guard: alembic -x zdt.guard=off downgrade -1."
)


def advice(check: Check, problem: Problem, size: Size | None, call: Call) -> str:
    """Return the line for the log about a problem that does not stop the call."""
    words = f"{_place(call)}: {check.id}: {problem.words}"
    return f"{words}. {check.reason}{_sized(problem, size)} {_instead(problem)}".strip()


def _sized(problem: Problem, size: Size | None) -> str:
    if problem.table is None or size is None:
        return ""
    return f' "{problem.table.words}" has {size.words}.'


def _instead(problem: Problem) -> str:
    if problem.instead.startswith(NO_READY_CALL):
        return f"{problem.instead.removeprefix('# ')}. "
    calls = "; ".join(problem.instead.splitlines())
    return f"Write {calls} instead. " if calls else ""


def _place(call: Call) -> str:
    return f"{Path(call.file).name}:{call.line}" if call.line else Path(call.file).name
