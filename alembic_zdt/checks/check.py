"""What a check is: a look at one call, with what is known around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName

if TYPE_CHECKING:
    from alembic_zdt.checks.around import Around
    from alembic_zdt.checks.recording.call import Call


class Severity(Enum):
    """How bad it is."""

    ERROR = "error"
    """The application waits, fails, or loses something."""
    WARNING = "warning"
    """It may, or the code of the application has to be ready for it."""
    ADVICE = "advice"
    """It could be better."""


@dataclass(frozen=True)
class Claim:
    """What the bad example of a check does on a server; its test measures it.

    Attributes:
        locks: the strongest lock on each table that was there before.
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
    """What a check has found in a call.

    Attributes:
        words: what is wrong, with the names of the call.
        table: whose, None where it is of no table.
        instead: what to write, empty where the check's own words say it.
        line: where it is, 0 for that of the call.
        severity: where it is another than that of the check.
    """

    words: str
    table: QualifiedName | None = None
    instead: str = ""
    line: int = 0
    severity: Severity | None = None

    def checked(self) -> Problem:
        """Itself; a check of another package may have put a text for a table.

        Raises:
            TypeError: it has.
        """
        if self.table is None or isinstance(self.table, QualifiedName):
            return self
        msg = f"the table of a problem is {self.table!r}, not a QualifiedName"
        raise TypeError(msg)


@dataclass(frozen=True)
class Check:
    """A rule.

    Attributes:
        id: in kebab-case.
        severity: of what it finds.
        reason: why, with PostgreSQL's name of the lock and in plain words.
        look: yields the problems of a call.
        setup: SQL that makes the tables of the examples.
        bad: the body of an upgrade() in which it finds something, or both functions.
        good: one that does the same without harm; several bodies where it takes several
            revisions.
        claim: what the bad one does; None where that is not about locks.
        elsewhere: names of the same rule in other tools.
        asks: whether only a database can tell.
        breaks_code: whether code that runs fails afterwards, however few the rows.
        since: the first major version of PostgreSQL that has what it finds.
    """

    id: str
    severity: Severity
    reason: str
    look: Callable[[Call, Around], Iterable[Problem]]
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
        """The good example, one body for each revision that it takes."""
        return (self.good,) if isinstance(self.good, str) else self.good
