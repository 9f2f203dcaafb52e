"""Rebuilding indexes while the application runs.

``REINDEX`` takes SHARE on the table and ACCESS EXCLUSIVE on the index.  Writes wait,
and so does every query that could use the index.  ``REINDEX ... CONCURRENTLY`` builds a
new index next to the old one and swaps them.  When it is interrupted, it leaves invalid
indexes with ``_ccnew`` or ``_ccold`` in their names.  The directive drops them before
the rebuild and after a failure.

https://www.postgresql.org/docs/current/sql-reindex.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from alembic.operations import ops

from alembic_zdt.errors import UndefinedObjectError, UsageError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.base import (
    INDEXABLE,
    directive,
    require_table,
)
from alembic_zdt.operations.indexes.index_ddl import REPLACED
from alembic_zdt.operations.queueable import QueueableOperation, queueable
from alembic_zdt.server_facts import (
    IndexFacts,
    IndexQuestion,
    Question,
    ReindexLeftovers,
    Server,
    TableQuestion,
)
from alembic_zdt.steps import (
    Diagnostics,
    Precondition,
    RelationLock,
    SkipCondition,
    Step,
    Transaction,
    Watch,
    Work,
    WorkKind,
)


@directive
@queueable("reindex")
class ReindexConcurrentlyOp(QueueableOperation):
    """Rebuild one index, or all of a table, without blocking reads or writes.

    Invalid indexes of an interrupted REINDEX are dropped.  Each run rebuilds the
    indexes again.  The reverse does nothing.

    Args:
        index_name: the index; None for all indexes of the table.
        table_name: the table; needed when no index is named.
        schema: the schema of the index and the table, default: by search_path.

    Raises:
        UndefinedObjectError: no such index or table.
        WrongObjectTypeError: the relation is neither a table nor a materialized view.
        UsageError: neither was named.
        LockNotAvailableError: an old transaction did not end in time.

    Example::

        op.reindex_concurrently("ix_orders_user_id")

    Instead of::

        op.execute("REINDEX INDEX ix_orders_user_id")

    https://www.postgresql.org/docs/current/sql-reindex.html
    """

    directive = "reindex_concurrently"
    builds_index = True

    def __init__(
        self,
        index_name: str | None = None,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        mode: Literal["inline", "background"] = "inline",
        window: str | None = None,
        approve: bool = False,
    ) -> None:
        self.index: QualifiedName | None = None
        if index_name:
            self.index = QualifiedName(checked(index_name, "index"), schema)
        self.table = QualifiedName(table_name, schema) if table_name else None
        if self.index is None and self.table is None:
            raise UsageError(
                "reindex_concurrently() needs an index or a table",
                detail="Neither index_name nor table_name was given.",
                hint='Write op.reindex_concurrently("ix_orders_user_id") or '
                'op.reindex_concurrently(table_name="orders").',
            )
        self.by_mode(mode, window, approve)

    @property
    def queue_object(self) -> str:
        """Return the name of the index, or of the table if no index is named."""
        return (self.index or self._named_table).label

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        if self.index is not None:
            return f'reindex index "{self.index.label}"'
        return f'reindex table "{self._named_table.label}"'

    @property
    def _named_table(self) -> QualifiedName:
        if self.table is None:
            raise AssertionError(self)
        return self.table

    @property
    def subject(self) -> str:
        """Return the name of the table, or of the index if no table is named."""
        return (self.table or self.index or self._named_table).label

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        named: dict[str, Any] = {
            "index_name": self.index.name if self.index else None,
            "table_name": self.table.name if self.table else None,
        }
        schema = (self.index or self._named_table).schema
        return (), {**named, "schema": schema}

    def reverse(self) -> ops.MigrateOperation:
        """Return an operation that does nothing, because the index stays the same."""
        return ops.ModifyTableOps(
            (self.table or self.index or self._named_table).name, []
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the index or table, and invalid indexes."""
        if self.index is not None:
            return IndexQuestion(self.index), self._leftovers_of_index(self.index)
        return (TableQuestion(self._named_table), ReindexLeftovers(self._named_table))

    def _leftovers_of_index(self, index: QualifiedName) -> ReindexLeftovers:
        return ReindexLeftovers(index, index.name)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the index or the table exists."""
        if self.index is None:
            require_table(self._named_table, server, INDEXABLE)
        elif server.online and server.answer(IndexQuestion(self.index)) is None:
            raise UndefinedObjectError(
                f'index "{self.index.label}" does not exist',
                detail="No index of that name is visible.",
                hint="Correct the name, or pass schema=.",
                index=self.index.label,
            )
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """Drop invalid indexes, then rebuild."""
        return (*self._leftover_steps(server), self._rebuild(server))

    def _lock(self, server: Server) -> RelationLock:
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE
        if self.index is None:
            facts = server.table(self._named_table)
            return RelationLock(mode, self._named_table, tree=facts.is_partitioned)
        found: IndexFacts | None = server.answer(IndexQuestion(self.index))
        table = found.table if found else self.table
        if table is None:
            return RelationLock(mode, self.index, kind="index")
        return RelationLock(mode, table, tree=bool(found and found.is_partitioned))

    def leftovers(self, server: Server) -> Sequence[QualifiedName]:
        """Return the invalid indexes of an interrupted REINDEX."""
        if self.index is not None:
            question = self._leftovers_of_index(self.index)
        else:
            question = ReindexLeftovers(self._named_table)
        return server.answer(question) or ()

    def _leftover_steps(self, server: Server) -> list[Step]:
        return [self._drop(name, server) for name in self.leftovers(server)]

    def _drop(self, index: QualifiedName, server: Server) -> Step:
        return Step(
            purpose=f'drop the INVALID index "{index.label}" of an interrupted build',
            statements=(f"DROP INDEX CONCURRENTLY {index.sql}",),
            unconditional=f"DROP INDEX CONCURRENTLY IF EXISTS {index.sql}",
            locks=(self._lock(server),),
            skip_if=SkipCondition(f"({index.regclass} IS NULL)", "it is gone"),
            transaction=Transaction.AUTOCOMMIT,
            waits_for_snapshots=True,
            waits_for_readers=True,
        )

    def _rebuild(self, server: Server) -> Step:
        what = "TABLE" if self.index is None else "INDEX"
        name = (self.index or self._named_table).sql
        lock = self._lock(server)
        return Step(
            purpose=self.purpose,
            statements=(f"REINDEX {what} CONCURRENTLY {name}",),
            locks=(lock,),
            skip_if=SkipCondition("false", "never: it rebuilds each time"),
            transaction=Transaction.AUTOCOMMIT,
            scans=(lock.relation,),
            watch=Watch.INDEX_BUILD,
            waits_for_snapshots=True,
            waits_for_readers=True,
            build_settings=True,
            on_failure=self._clean_up,
            work=self._work(lock),
        )

    def _work(self, lock: RelationLock) -> Work:
        return Work(WorkKind.INDEX, lock.name, index=self.index, until=REPLACED)

    def _clean_up(self, server: Server, _found: Diagnostics) -> Sequence[Step]:
        return self._leftover_steps(server)
