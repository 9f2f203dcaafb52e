"""A check of one call, with the facts around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from alembic_zdt.errors import ConnectionLostError, ZdtError
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName

if TYPE_CHECKING:
    from alembic_zdt.checks.context import CheckContext
    from alembic_zdt.recording.call import Call

Look: TypeAlias = "Callable[[Call, CheckContext], Iterable[Problem]]"
"""Yields the problems of a call."""


@dataclass(frozen=True)
class Claim:
    """The effect of a check's bad example on a server, which its test measures.

    Attributes:
        locks: the strongest lock on each table that existed before.
        scans: the tables that it reads from end to end.
        rewrites: the tables that it rewrites.
        fails: the SQLSTATE with which it fails, empty if it succeeds.
    """

    locks: Mapping[str, LockMode]
    scans: frozenset[str] = frozenset()
    rewrites: frozenset[str] = frozenset()
    fails: str = ""


@dataclass(frozen=True)
class Problem:
    """A problem that a check has found in a call.

    Attributes:
        message: the message, with the names of the call.
        table: the table with the problem, None if there is none.
        suggestion: the call to write instead, empty if the reason of the check names
            it.
        line: the line of the problem, 0 for the line of the call.
        severity: the severity, None for the severity of the check.
    """

    message: str
    table: QualifiedName | None = None
    suggestion: str = ""
    line: int = 0
    severity: Severity | None = None

    def checked(self) -> Problem:
        """Return the problem, or raise an error if its table is not a QualifiedName.

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
        id: the id, in kebab-case.
        severity: the severity of the check's findings.
        reason: why it matters, with PostgreSQL's name of the lock.
        look: a function that yields the problems of a call.
        setup: SQL that makes the tables of the examples.
        bad: the body of an upgrade() with a problem, or the text of both functions.
        good: a body that does the same without harm; several bodies where it takes
            several revisions.
        claim: the effect of the bad example, None if the check is not about locks.
        elsewhere: names of the same rule in other tools.
        asks: whether the check needs a database.
        breaks_code: whether running code fails afterwards, however few the rows.
        since: the first major version of PostgreSQL in which the problem exists.
    """

    id: str
    severity: Severity
    reason: str
    look: Look
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


def problems_of(check: Check, call: Call, context: CheckContext) -> Sequence[Problem]:
    """Return the problems that a check finds.

    If the check fails, the call is reported as not checked.

    Raises:
        ConnectionLostError: the connection to the database is lost.
    """
    try:
        return [each.checked() for each in check.look(call, context)]
    except ConnectionLostError:
        raise
    except ZdtError as error:  # for example, of a name that is too long
        call.leave_unread(error.primary)
    except Exception as error:  # noqa: BLE001  # the check did not expect such a call
        call.leave_unread(f"{check.id} fails: {type(error).__name__}: {error}")
    return ()
