"""A statement that was run, with its locks, scans and rewrites."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import Step

_CHANGE = re.compile(r"\A\s*(INSERT|UPDATE|DELETE|MERGE|WITH)\b", re.IGNORECASE)


@dataclass
class SeenLock:
    """A lock on a relation that was there before the transaction.

    Attributes:
        relation: the relation, with its schema.
        mode: the lock mode.
        table: the table of an index, else the relation itself.
        queued: seconds in the queue for it, as far as it was seen there.
        held: seconds until the end of its transaction.
        since: when it may have been taken, on the clock of ``time.monotonic()``.
    """

    relation: QualifiedName
    mode: LockMode
    table: QualifiedName
    queued: float = 0.0
    held: float = 0.0
    since: float = 0.0


@dataclass
class TracedStatement:
    """A statement that was run, and what it did to the relations of the database.

    Attributes:
        sql: the statement.
        transaction: the number of its transaction in the trace.
        step: the step of a directive to which it belongs, None if it belongs to none.
        began: when it began, on the clock of ``time.monotonic()``.
        took: seconds that it ran, with its waits.
        locks: the locks that it took, without those of earlier statements.
        holding: all locks of its transaction after it.
        scans: the tables that it read as a whole, with the number of rows it read.
        rewritten: the tables that it wrote to new files.
        rows: the number of rows that it inserted, updated, deleted or returned.
        wal: bytes of WAL that the whole server wrote meanwhile.
        lock_timeout: the setting at its end, ``0`` if it would wait forever.
        failed: whether it ended with an error.
        is_lock_seen: whether its locks could be looked at.  A statement that ends its
            transaction itself, such as CREATE INDEX CONCURRENTLY, may end too early.
    """

    sql: str
    transaction: int
    step: Step | None = None
    began: float = 0.0
    took: float = 0.0
    locks: Sequence[SeenLock] = ()
    holding: Sequence[SeenLock] = ()
    scans: Mapping[QualifiedName, int] = field(default_factory=dict)
    rewritten: Sequence[QualifiedName] = ()
    rows: int = 0
    wal: int = 0
    lock_timeout: str = ""
    failed: bool = False
    is_lock_seen: bool = False

    @property
    def touches_tables(self) -> bool:
        """Check whether it locks, reads as a whole, rewrites or changes a table.

        A later statement of a transaction may do so without a lock that is new.
        """
        is_change = self.rows and _CHANGE.match(self.sql)
        return bool(self.locks or self.scans or self.rewritten or is_change)
