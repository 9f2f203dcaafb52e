"""A check of one call, with the facts around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName

if TYPE_CHECKING:
    from alembic_zdt.checks.context import CheckContext
    from alembic_zdt.recording.call import Call


class Severity(Enum):
    """The severity of a finding."""

    ERROR = "error"
    """The application waits, fails, or loses something."""
    WARNING = "warning"
    """The application may do so, or its code must be ready for the change."""
    ADVICE = "advice"
    """The revision could be better."""


@dataclass(frozen=True)
class Claim:
    """The effect of a check's bad example on a server, which its test measures.

    Attributes:
        locks: the strongest lock on each table that existed before.
        scans: tables that are read from end to end meanwhile.
        rewrites: tables that are rewritten.
        fails: the SQLSTATE with which it ends instead.
    """

    locks: Mapping[str, LockMode]
    scans: frozenset[str] = frozenset()
    rewrites: frozenset[str] = frozenset()
    fails: str = ""


@dataclass(frozen=True)
class Problem:
    """A problem that a check has found in a call.

    Attributes:
        words: the message, with the names of the call.
        table: the table with the problem, None if there is none.
        instead: the suggestion, empty if the reason of the check has it.
        line: of the problem, 0 for that of the call.
        severity: set if it differs from that of the check.
    """

    words: str
    table: QualifiedName | None = None
    instead: str = ""
    line: int = 0
    severity: Severity | None = None

    def checked(self) -> Problem:
        """Return the problem, if its table is none or a QualifiedName.

        A check of another package may have passed a text.

        Raises:
            TypeError: the table is of another type.
        """
        if self.table is None or isinstance(self.table, QualifiedName):
            return self
        msg = f"the table of a problem is {self.table!r}, not a QualifiedName"
        raise TypeError(msg)


@dataclass(frozen=True)
class Check:
    """A rule that finds problems in calls.

    Attributes:
        id: in kebab-case.
        severity: of its findings.
        reason: why it matters, with PostgreSQL's name of the lock.
        look: yields the problems of a call.
        setup: SQL that makes the tables of the examples.
        bad: the body of an upgrade() with a problem, or both functions.
        good: one that does the same without harm; several bodies where it takes several
            revisions.
        claim: the effect of the bad one; None where that is not about locks.
        elsewhere: names of the same rule in other tools.
        asks: whether only a database can answer.
        breaks_code: whether running code fails afterwards, however few the rows.
        since: the first major version of PostgreSQL in which the problem exists.
    """

    id: str
    severity: Severity
    reason: str
    look: Callable[[Call, CheckContext], Iterable[Problem]]
    setup: str
    bad: str
    good: str | tuple[str, ...]
    claim: Claim | None = None
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    asks: bool = False
    breaks_code: bool = False
    since: int = 14

    @property
    def good_revisions(self) -> tuple[str, ...]:
        """Return the good example, one body for each revision that it takes."""
        return (self.good,) if isinstance(self.good, str) else self.good
