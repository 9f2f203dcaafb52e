"""The calls of a revision, as they were recorded."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Protocol

AUTOCOMMIT = 0
"""The number of the transaction of statements that are in none."""


@dataclass(frozen=True)
class CreateAll:
    """``MetaData.create_all()`` or ``drop_all()``, without the statements it sends.

    Attributes:
        words: the name of the function.
    """

    words: str


@dataclass
class Call:
    """One operation, or one statement that bypasses Alembic's operations.

    Attributes:
        operation: Alembic's or ours, None for such a statement.
        transaction: which one of the revision it runs in, AUTOCOMMIT for none.
        file: in which it is written.
        line: of the file.
        statements: the SQL that it sends; none for a directive.
        acts: the operations that it does; those of its SQL where it has no other.
        unread: why parts of it are unknown.
        assured: the reason of the ``op.safety_assured()`` around it, empty outside.
        lines: of the operations that a batch has collected; none means the call's.
        reasons: the ``assured`` of each of these operations.
    """

    operation: Any
    transaction: int
    file: str
    line: int
    statements: list[str] = field(default_factory=list)
    acts: tuple[Any, ...] = ()
    unread: list[str] = field(default_factory=list)
    assured: str = ""
    lines: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()

    def leave_unread(self, reason: str) -> None:
        """Note that a part of the call is unknown, once for each reason."""
        if reason not in self.unread:
            self.unread.append(reason)


class HasPath(Protocol):
    """A revision, or a file of SQL."""

    @property
    def path(self) -> str:
        """Return the path of its file."""

    @property
    def revision(self) -> str:
        """Return its id, empty if it has none."""


@dataclass
class RecordedRevision:
    """One revision, with its recorded calls.

    Attributes:
        script: Alembic's, or a file of SQL.
        calls: in order.
        error: why the rest of it is unknown, empty when all is known.
        line: of the error.
    """

    script: HasPath
    calls: list[Call] = field(default_factory=list)
    error: str = ""
    line: int = 0


_DEEPEST = 200


def line_now(path: str) -> int:
    """Return the line of the file that is being run, 0 if it is not on the stack."""
    frame = sys._getframe(1)  # noqa: SLF001  # inspect.stack() reads every source file
    for _ in range(_DEEPEST):
        if frame.f_code.co_filename == path:
            return frame.f_lineno
        if frame.f_back is None:
            break
        frame = frame.f_back
    return 0
