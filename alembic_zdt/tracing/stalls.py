"""Statements for which the application may wait long.

https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.names import QualifiedName
from alembic_zdt.tracing.traced_statement import SeenLock, TracedStatement

_FOREVER = "0"
_LONGEST_SQL = 300


@dataclass(frozen=True)
class Stall:
    """A statement, and why the application may wait for it.

    Attributes:
        statement: the statement.
        lock: the lock for which the application waits.
        read: the table that is read as a whole under the lock, if one is.
        written: the table that is rewritten under it, if one is.
    """

    statement: TracedStatement
    lock: SeenLock
    read: QualifiedName | None = None
    written: QualifiedName | None = None

    def __str__(self) -> str:
        lock = f"{self.lock.mode.value} on {self.lock.relation.sql}"
        if self.written is not None:
            why = f"rewrites {self.written.sql} under {lock}"
        elif self.read is not None:
            why = f"reads all rows of {self.read.sql} under {lock}"
        else:
            why = f"waits for {lock} without a lock_timeout"
        sql = " ".join(self.statement.sql.split())
        shown = sql if len(sql) <= _LONGEST_SQL else f"{sql[:_LONGEST_SQL]}..."
        return f"{shown}\n  {why}, which blocks {self.lock.mode.blocks}"


def stalls(
    statements: Sequence[TracedStatement], large: Collection[QualifiedName]
) -> Iterator[Stall]:
    """Yield the statements that may make the application wait.

    Args:
        statements: the statements of a run, in their order.
        large: the tables whose readers and writers must not wait.
    """
    for statement in statements:
        if statement.failed:
            continue
        strong = [each for each in statement.holding if _stops(each, large)]
        new = [each for each in statement.locks if _stops(each, large)]
        found = _under_lock(statement, strong, large)
        if found is None and statement.lock_timeout == _FOREVER and new:
            found = Stall(statement, _strongest(new))
        if found is not None:
            yield found


def _stops(lock: SeenLock, large: Collection[QualifiedName]) -> bool:
    return lock.mode.stalls_application and lock.table in large


def _under_lock(
    statement: TracedStatement,
    strong: Sequence[SeenLock],
    large: Collection[QualifiedName],
) -> Stall | None:
    """Return the stall if the statement works on a large table under a strong lock."""
    if not strong:
        return None
    strongest = _strongest(strong)
    for table in statement.rewritten:
        if table in large:
            return Stall(statement, strongest, written=table)
    for table in statement.scans:
        if table in large:
            return Stall(statement, strongest, read=table)
    return None


def _strongest(locks: Sequence[SeenLock]) -> SeenLock:
    """Return the strongest lock, of a table rather than of its index."""
    return max(
        locks, key=lambda each: (len(each.mode.conflicts), each.relation == each.table)
    )
