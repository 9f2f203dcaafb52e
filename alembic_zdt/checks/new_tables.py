"""The tables that a run has made, which no other session uses yet.

Names are led by the search_path, and IF NOT EXISTS may have made nothing.  So relations
count that were not there before.  But a table whose CREATE TABLE has succeeded is new
without a question, and its name leads to it until a statement may change that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import ops

from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.stock import is_plain, stock_locks
from alembic_zdt.oracle.oracle import Oracle


class NewTables:
    """Remember those of the revision, or of the transaction that runs all revisions.

    Args:
        oracle: asks on the connection of the run.
    """

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._surely: set[QualifiedName] = set()
        self._unasked: dict[QualifiedName, None] = {}
        self._oids: set[int] = set()

    def clear(self) -> None:
        """Know of none."""
        self._surely.clear()
        self._unasked.clear()
        self._oids.clear()

    def __contains__(self, table: QualifiedName) -> bool:
        """Whether the name leads to one of them."""
        if self._oracle.really(table) in self._surely:
            return True
        self._ask()
        return self._oracle.oid(table) in self._oids

    def note_made(self, tables: Sequence[QualifiedName], *, is_sure: bool) -> None:
        """Take note of what is about to be made; what is there already is not new."""
        for table in tables:
            if is_sure:
                self._surely.add(self._oracle.really(table))
            if is_sure or not self._oracle.oid(table):
                self._unasked[self._oracle.really(table)] = None

    def note_gone(self, tables: Sequence[QualifiedName]) -> None:
        """Take note of names that will lead to something else, or to nothing."""
        for table in map(self._oracle.really, tables):
            self._surely.discard(table)
            self._unasked.pop(table, None)

    def note_renamed(self, old: QualifiedName, new: QualifiedName) -> None:
        """Take note of a new name."""
        is_new = self._oracle.really(old) in self._surely
        self.note_gone((old,))
        if is_new:
            self.note_made((new,), is_sure=True)

    def has_all_of(self, operation: Any) -> bool:
        """Whether all tables of a stock operation are known to be new, unasked."""
        if not self._surely or not is_plain(operation) or _may_name_others(operation):
            return False
        known = stock_locks(operation)
        locks = known.locks if known else ()
        tables = {self._oracle.really(lock.name) for lock in locks}
        is_made = isinstance(operation, ops.CreateTableOp)
        return (is_made or bool(tables)) and tables <= self._surely

    def settle(self) -> None:
        """Ask for all of them now, because their names may lead elsewhere soon."""
        self._ask()
        self._surely.clear()

    def _ask(self) -> None:
        """Find what the calls before the present one have made."""
        if self._unasked:
            made = tuple(self._unasked)
            self._unasked.clear()
            self._oids |= self._oracle.oids(made)


def _may_name_others(operation: Any) -> bool:
    """Whether it may concern another table than its own, or fail on any table."""
    is_concurrent = getattr(operation, "kw", {}).get("postgresql_concurrently")
    return isinstance(operation, ops.DropIndexOp) or bool(is_concurrent)
