"""Building and dropping an index while the application runs.

``CREATE INDEX`` takes a SHARE lock, which blocks writes until the build ends.  ``CREATE
INDEX CONCURRENTLY`` blocks neither reads nor writes.  But it waits for every older
transaction, and an interrupted build leaves an invalid index, which slows writes.  The
directive drops it, builds, and cleans up after a failure, partition by partition.

What can still go wrong: an open transaction keeps the build waiting.  The build blocks
no query while it waits, and the log names the sessions that it waits for.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from alembic.operations import ops
from sqlalchemy import ColumnElement, TextClause

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.errors import DependentObjectsError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import (
    INDEXABLE,
    directive,
    require_columns,
    require_table,
)
from alembic_zdt.operations.calls.arguments import columns_of
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.indexes.built_index import (
    BuiltIndexOp,
    index_options,
    with_index_options,
)
from alembic_zdt.operations.indexes.dropped_index import (
    drop_one,
    drop_purpose,
    drop_tree,
    sought_index,
)
from alembic_zdt.operations.indexes.index_ddl import IndexSpec, kept
from alembic_zdt.operations.indexes.index_steps import index_steps
from alembic_zdt.operations.nothing_to_drop import DropOperation, Sought
from alembic_zdt.operations.queueable import QueueableOperation, queueable
from alembic_zdt.operations.refusals.window_kept import no_copy
from alembic_zdt.server_facts import (
    IndexQuestion,
    Question,
    Server,
    TableFacts,
    TableQuestion,
)
from alembic_zdt.steps import Precondition, SkipCondition, Step

if TYPE_CHECKING:
    from alembic.operations import Operations


@directive
@queueable("create")
class CreateIndexConcurrentlyOp(QueueableOperation, BuiltIndexOp):
    """The operation behind ``op.create_index_concurrently()``."""

    directive = "create_index_concurrently"

    def __init__(self, spec: IndexSpec, *, context: Any = None) -> None:
        super().__init__(spec.named(context))

    @classmethod
    @with_index_options
    def create_index_concurrently(
        cls,
        operations: Operations,
        index_name: str | None,
        table_name: str,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        *,
        schema: str | None = None,
        unique: bool = False,
        if_not_exists: bool | None = None,  # noqa: ARG003  # implied
        postgresql_concurrently: bool = True,  # noqa: ARG003  # implied
        mode: Literal["inline", "background"] = "inline",
        window: str | None = None,
        approve: bool = False,
        **options: Any,
    ) -> None:
        """Build an index without blocking reads or writes.

        If the index exists, is valid and has this definition, the step is skipped.
        An invalid index of an interrupted build is dropped first.  If another session
        is still building the index, the directive waits for it.  On a partitioned
        table each partition gets its index concurrently.

        Args:
            unique: build a unique index.
            if_not_exists: no effect, accepted as an argument of ``create_index()``.
            postgresql_concurrently: no effect, accepted in the same way.

        Raises:
            UndefinedObjectError: no such table or column.
            WrongObjectTypeError: the relation is neither a table nor a materialized
                view.
            UsageError: an option or the columns are not valid.
            DuplicateObjectError: another index or relation has the name.
            DuplicateKeysError: the index is unique, and there are duplicates.
            LockNotAvailableError: an old transaction did not end in time.
            OwnProcessBlocksError: a session of this process would block the build.
            UnsupportedServerError: PostgreSQL 14.0 to 14.3.

        Example::

            op.create_index_concurrently(
                "ix_orders_user_id", "orders", ["user_id"]
            )

        Instead of::

            op.create_index("ix_orders_user_id", "orders", ["user_id"])

        https://www.postgresql.org/docs/current/sql-createindex.html
        """
        table = QualifiedName(table_name, schema)
        keys = columns_of(columns, table)
        spec = IndexSpec(index_name, table, keys, unique, index_options(**options))
        op = cls(spec, context=operations.migration_context)
        operations.invoke(op.by_mode(mode, window, approve))

    @classmethod
    def from_stock(cls, stock: ops.CreateIndexOp) -> CreateIndexConcurrentlyOp:
        """Build the safe operation for Alembic's ``create_index()``."""
        return cls(IndexSpec.from_stock(stock))

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'create index "{self.name}"'

    def reverse(self) -> DropIndexConcurrentlyOp:
        """Drop the index concurrently."""
        return DropIndexConcurrentlyOp(
            self.name, self.table.name, schema=self.table.schema, create=self
        )

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the table and its columns exist."""
        facts = require_table(self.table, server, INDEXABLE)
        columns = self.spec.mentioned_columns
        require_columns(self.table, facts, columns, server)
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """Drop an invalid index, build, and gather statistics for expressions."""
        return index_steps(self.spec, server)


@directive
@queueable("drop")
class DropIndexConcurrentlyOp(QueueableOperation, DropOperation):
    """The operation behind ``op.drop_index_concurrently()``."""

    directive = "drop_index_concurrently"
    ends_queued_calls = True

    def __init__(
        self,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool = False,
        create: CreateIndexConcurrentlyOp | None = None,
    ) -> None:
        self.index = QualifiedName(str(kept(index_name, "index")), schema)
        self.table = QualifiedName(table_name, schema) if table_name else None
        self.if_exists = bool(if_exists)
        self.create = create

    @classmethod
    def drop_index_concurrently(
        cls,
        operations: Operations,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool = False,
        mode: Literal["inline", "background"] = "inline",
        window: str | None = None,
        approve: bool = False,
    ) -> None:
        """Drop an index without blocking reads or writes.

        The index of a partitioned table cannot be dropped concurrently.  It is dropped
        in a short transaction, with repeated lock attempts.

        Args:
            index_name: the index.
            table_name: its table; an index of another table is refused.
            schema: the index's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such index, or no such table if one is named.
            UsageError: an option is not valid.
            WrongObjectTypeError: the relation is neither a table nor a materialized
                view.
            DependentObjectsError: a constraint or an open window needs the index.
            LockNotAvailableError: an old transaction did not end in time.

        Example::

            op.drop_index_concurrently("ix_orders_user_id", "orders")

        Instead of::

            op.drop_index("ix_orders_user_id", "orders")

        https://www.postgresql.org/docs/current/sql-dropindex.html
        """
        op = cls(index_name, table_name, schema=schema, if_exists=if_exists)
        operations.invoke(op.by_mode(mode, window, approve))

    @classmethod
    def from_stock(cls, stock: ops.DropIndexOp) -> DropIndexConcurrentlyOp:
        """Build the safe operation for Alembic's ``drop_index()``."""
        reverse = comparisons.created_before(stock)
        return cls(
            stock.index_name or "",
            stock.table_name,
            schema=stock.schema,
            if_exists=bool(stock.if_exists),
            create=CreateIndexConcurrentlyOp.from_stock(reverse) if reverse else None,
        )

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return drop_purpose(self.index)

    @property
    def queue_object(self) -> str:
        """Return the name of the index."""
        return self.index.label

    @property
    def subject(self) -> str:
        """Return the name of the table, or of the index if the table is unknown."""
        return (self.table or self.index).label

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        table = self.table.name if self.table else None
        named = {"table_name": table, "schema": self.index.schema}
        return (self.index.name,), named | {"if_exists": self.if_exists or None}

    @property
    def sought(self) -> Sought:
        """Return the index, and the query for other indexes."""
        return sought_index(self.index, self.table)

    def reverse(self) -> CreateIndexConcurrentlyOp:
        """Build the index again, if its definition is known, as in autogenerate."""
        if self.create is None:
            self._irreversible(
                "The definition of the index is not part of the call.",
                "Write op.create_index_concurrently() with its columns into the "
                "downgrade.",
            )
        return self.create

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the index, and about its table if named."""
        table = (TableQuestion(self.table),) if self.table else ()
        return IndexQuestion(self.index), *table

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse an index that a constraint or an open window needs."""
        if self.table is not None:
            require_table(self.table, server, INDEXABLE)
        facts = server.answer(IndexQuestion(self.index))
        if facts is not None and facts.constraint:
            self._refuse_constraint(facts.constraint, facts.table)
        return (no_copy(self.index, self.purpose),)

    def _refuse_constraint(self, constraint: str, table: QualifiedName) -> NoReturn:
        what, where = [constraint, table.name], {"schema": self.index.schema}
        drop = written_call("drop_constraint_safely", what, where)
        raise DependentObjectsError(
            f'cannot drop index "{self.index.label}": constraint "{constraint}" on '
            f'"{table.label}" needs it',
            detail="An index that backs a constraint goes with the constraint.",
            hint=f"Write {drop}.",
            constraint=constraint,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the single step that drops the index."""
        facts = server.answer(IndexQuestion(self.index))
        words = f'there is no index "{self.index.label}"'
        gone = SkipCondition(f"({self.index.regclass} IS NULL)", words)
        if facts is not None and facts.is_partitioned:
            table = facts.table if server.online else self.table
            return (drop_tree(self.index, self.table, table, gone),)
        return (drop_one(self.index, self.table, facts.table if facts else None, gone),)

    def step(self, facts: TableFacts) -> Step:
        """Return the step that drops the index, from the facts of its table alone."""
        gone = SkipCondition(f"({self.index.regclass} IS NULL)", "it is gone")
        if facts.is_partitioned:
            return drop_tree(self.index, self.table, self.table, gone)
        return drop_one(self.index, self.table, None, gone)
