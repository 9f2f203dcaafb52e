"""The tables that a run has made, which no other session uses yet.

The search_path decides what a name means, and IF NOT EXISTS may have made nothing.  So
a relation is new if it did not exist before.  But a table whose CREATE TABLE has
succeeded counts as new without a query, until a statement may let its name mean another
table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import ops

from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.stock import is_plain, stock_locks
from alembic_zdt.oracle.oracle import Oracle


class NewTables:
    """The new tables of a revision, or of the transaction that runs all revisions.

    Args:
        oracle: the oracle, which queries on the connection of the run.
    """

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._surely: set[QualifiedName] = set()
        self._unasked: dict[QualifiedName, None] = {}
        self._oids: set[int] = set()

    def clear(self) -> None:
        """Forget all new tables."""
        self._surely.clear()
        self._unasked.clear()
        self._oids.clear()

    def __contains__(self, table: QualifiedName) -> bool:
        """Check whether the name refers to a new table."""
        if self._oracle.really(table) in self._surely:
            return True
        self._ask()
        return bool(self._oids) and self._oracle.oid(table) in self._oids

    def note_made(self, tables: Sequence[QualifiedName], *, is_sure: bool) -> None:
        """Record tables that are about to be made, unless they exist already."""
        for table in tables:
            if is_sure:
                self._surely.add(self._oracle.really(table))
            if is_sure or not self._oracle.oid(table):
                self._unasked[self._oracle.really(table)] = None

    def note_gone(self, tables: Sequence[QualifiedName]) -> None:
        """Record names that will refer to another table, or to none."""
        for table in map(self._oracle.really, tables):
            self._surely.discard(table)
            self._unasked.pop(table, None)

    def note_renamed(self, old: QualifiedName, new: QualifiedName) -> None:
        """Record the new name of a table."""
        is_new = self._oracle.really(old) in self._surely
        self.note_gone((old,))
        if is_new:
            self.note_made((new,), is_sure=True)

    def has_all_of(self, operation: Any) -> bool:
        """Check without a query whether all tables of a stock operation are new."""
        if not self._surely or not is_plain(operation) or _may_name_others(operation):
            return False
        known = stock_locks(operation)
        locks = known.locks if known else ()
        tables = {self._oracle.really(lock.name) for lock in locks}
        is_made = isinstance(operation, ops.CreateTableOp)
        return (is_made or bool(tables)) and tables <= self._surely

    def settle(self) -> None:
        """Query all new tables now: their names may soon refer to other tables."""
        self._ask()
        self._surely.clear()

    def _ask(self) -> None:
        """Find the tables that earlier calls have made."""
        if self._unasked:
            made = tuple(self._unasked)
            self._unasked.clear()
            self._oids |= self._oracle.oids(made)


def _may_name_others(operation: Any) -> bool:
    """Check whether an operation may concern other tables, or fail on any table."""
    is_concurrent = getattr(operation, "kw", {}).get("postgresql_concurrently")
    return isinstance(operation, ops.DropIndexOp) or bool(is_concurrent)
