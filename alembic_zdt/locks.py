"""The eight table-level lock modes of PostgreSQL, and their conflicts.

Everything here follows from one table, the conflict table of the manual:
https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from __future__ import annotations

from enum import Enum


class LockMode(Enum):
    """A table-level lock mode, spelled as in PostgreSQL's manual."""

    ACCESS_SHARE = "ACCESS SHARE"
    ROW_SHARE = "ROW SHARE"
    ROW_EXCLUSIVE = "ROW EXCLUSIVE"
    SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
    SHARE = "SHARE"
    SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
    EXCLUSIVE = "EXCLUSIVE"
    ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

    @property
    def pg_locks_mode(self) -> str:
        """Return the spelling of ``pg_locks.mode``, for example ``AccessShareLock``."""
        return self.value.title().replace(" ", "") + "Lock"

    @property
    def conflicts(self) -> frozenset[LockMode]:
        """Return the modes that another transaction cannot hold at the same time."""
        return _CONFLICTS[self]

    def conflicts_with(self, other: LockMode) -> bool:
        """Check whether a transaction waits while another one holds *other*."""
        return other in _CONFLICTS[self]

    @property
    def blocks(self) -> str:
        """Describe what the application cannot do while this lock is held."""
        if self.conflicts_with(LockMode.ACCESS_SHARE):
            return "reads and writes"
        if self.conflicts_with(LockMode.ROW_EXCLUSIVE):
            return "writes"
        if self.conflicts_with(self):
            return "other schema changes"
        return "nothing"

    @property
    def stalls_application(self) -> bool:
        """Check whether reads or writes queue behind a wait for this mode."""
        return self.conflicts_with(LockMode.ROW_EXCLUSIVE)


_ORDER = list(LockMode)
# Row n lists the modes that the n-th mode conflicts with, weakest mode first.
_MATRIX = (
    "-------X",
    "------XX",
    "----XXXX",
    "---XXXXX",
    "--XX-XXX",
    "--XXXXXX",
    "-XXXXXXX",
    "XXXXXXXX",
)
_CONFLICTS = {
    mode: frozenset(
        other for other, mark in zip(_ORDER, row, strict=True) if mark == "X"
    )
    for mode, row in zip(_ORDER, _MATRIX, strict=True)
}
