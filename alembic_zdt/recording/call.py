"""The recorded calls of a revision."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Protocol

AUTOCOMMIT = 0
"""The transaction number of statements that run outside of a transaction."""


@dataclass(frozen=True)
class CreateAll:
    """``MetaData.create_all()`` or ``drop_all()``, without the statements it sends.

    Attributes:
        description: the name of the function.
    """

    description: str


@dataclass
class Call:
    """One operation, or one statement that bypasses Alembic's operations.

    Attributes:
        operation: the operation of Alembic or of this package, None for such a
            statement.
        transaction: the number of its transaction in the revision, or AUTOCOMMIT.
        file: the file that contains the call.
        line: the line in the file.
        statements: the SQL that it sends; none for a directive.
        acts: the operations that it runs; for SQL text, the operations of its SQL.
        unread: why parts of it are unknown.
        assured: the reason of the ``op.safety_assured()`` around it, empty outside.
        lines: the lines of a batch's operations; empty means the line of the call.
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
        """Return the path of the file."""

    @property
    def revision(self) -> str:
        """Return the revision's id, empty for a file of SQL."""


@dataclass(frozen=True)
class Sent:
    """One statement of a call, or one directive, which is recorded and not run.

    Attributes:
        call: the call that sends it.
        text: the text of the statement, empty for a directive.
        transaction: the number of its transaction in the revision, or AUTOCOMMIT.
    """

    call: Call
    text: str = ""
    transaction: int = AUTOCOMMIT


@dataclass(frozen=True)
class Unseen:
    """A part of a revision that did not run, or ran with made-up answers.

    Attributes:
        line: the line of the revision's file.
        reason: why it did not run.
        last: its last line, if it is a block that another run may have run.
        is_for_others: whether it is code for another database than PostgreSQL.
    """

    line: int
    reason: str
    last: int = 0
    is_for_others: bool = False

    def covers(self, other: Unseen) -> bool:
        """Check whether another part lies within this part."""
        return self.line <= other.line and other.last <= self.last


@dataclass
class RecordedRevision:
    """One revision, with its recorded calls.

    Attributes:
        script: Alembic's script, or a file of SQL.
        calls: the calls, in order.
        sent: the statements and directives of all calls, in order.
        error: why the rest of the revision is unknown, empty if all is known.
        line: the line of the error.
        unseen: the parts that did not run.
        driver: the driver of the database, empty if it is unknown.
        refusal: why the downgrade refuses to run, empty if it does not.
    """

    script: HasPath
    calls: list[Call] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    error: str = ""
    line: int = 0
    unseen: list[Unseen] = field(default_factory=list)
    driver: str = ""
    refusal: str = ""

    def leave_unseen(
        self, line: int, reason: str, last: int = 0, *, is_for_others: bool = False
    ) -> None:
        """Note a part that did not run, once."""
        part = Unseen(line, reason, last, is_for_others)
        if part not in self.unseen:
            self.unseen.append(part)


_DEEPEST = 200


def line_now(path: str) -> int:
    """Return the line of the file that is running, 0 if the stack does not have it."""
    frame = sys._getframe(1)  # noqa: SLF001  # inspect.stack() reads every source file
    for _ in range(_DEEPEST):
        if frame.f_code.co_filename == path:
            return frame.f_lineno
        if frame.f_back is None:
            break
        frame = frame.f_back
    return 0
