"""What a revision does, call by call."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Protocol

AUTOCOMMIT = 0
"""The number of the transaction of what is sent outside of any."""


@dataclass(frozen=True)
class CreateAll:
    """``MetaData.create_all()``, or ``drop_all()``; what it sends comes by itself.

    Attributes:
        words: which.
    """

    words: str


@dataclass
class Call:
    """One operation, or one statement past Alembic's operations.

    Attributes:
        operation: Alembic's or ours, None for a statement past them.
        transaction: which one of the revision it runs in, AUTOCOMMIT for none.
        file: in which it is written.
        line: there.
        statements: the SQL that it sends; that of ours is theirs to say.
        acts: what it does, as operations; those of its SQL where it has no other.
        unread: why a part of it is not known.
        assured: the reason of the ``op.safety_assured()`` around it, empty outside.
        lines: those of the operations that a batch has collected; none are this one.
        reasons: likewise, what is ``assured`` of each.
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
        """A part of it is not known, for a reason that is said once."""
        if reason not in self.unread:
            self.unread.append(reason)


class HasPath(Protocol):
    """A revision, or a file of SQL."""

    @property
    def path(self) -> str:
        """Of its file."""

    @property
    def revision(self) -> str:
        """Its id, empty where it has none."""


@dataclass
class RecordedRevision:
    """One revision, and what it does.

    Attributes:
        script: Alembic's, or what stands for it.
        calls: in order.
        error: why the rest of it is not known, empty when all is.
        line: of the error.
    """

    script: HasPath
    calls: list[Call] = field(default_factory=list)
    error: str = ""
    line: int = 0


_DEEPEST = 200


def line_now(path: str) -> int:
    """The line of the file that is being run, 0 where it is not on the stack."""
    frame = sys._getframe(1)  # noqa: SLF001  # inspect.stack() reads every source file
    for _ in range(_DEEPEST):
        if frame.f_code.co_filename == path:
            return frame.f_lineno
        if frame.f_back is None:
            break
        frame = frame.f_back
    return 0
