"""Building and dropping an index while the application runs.

``CREATE INDEX`` takes a SHARE lock, which blocks inserts, updates and deletes until the
build ends.  ``CREATE INDEX CONCURRENTLY`` takes SHARE UPDATE EXCLUSIVE and blocks
neither reads nor writes.  But it runs outside of transactions and waits for every older
transaction.  When it is interrupted, it leaves an invalid index, which slows every
write and serves no query.  So the directive looks for blockers, drops an invalid index,
builds, and cleans up after a failure.  A partitioned table gets its index partition by
partition.

What can still go wrong: a transaction that stays open for hours keeps the build waiting
for hours.  The build blocks no query while it waits, and the log names the sessions
that it waits for.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from alembic.operations import ops

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.errors import DependentObjectsError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.arguments import (
    INDEX_OPTIONS,
    check_options,
    columns_of,
    given_options,
)
from alembic_zdt.operations.base import (
    INDEXABLE,
    ZdtOperation,
    directive,
    require_columns,
    require_table,
)
from alembic_zdt.operations.index_ddl import IndexSpec, given_columns
from alembic_zdt.operations.index_steps import canonical_question, index_steps, is_meant
from alembic_zdt.operations.window_kept import no_copy
from alembic_zdt.server_facts import (
    IndexQuestion,
    Question,
    Server,
    TableFacts,
    TableQuestion,
)
from alembic_zdt.steps import (
    Precondition,
    RelationLock,
    SkipCondition,
    Step,
    Transaction,
)

if TYPE_CHECKING:
    from alembic.operations import Operations


@directive
class CreateIndexConcurrentlyOp(ZdtOperation):
    """The operation behind ``op.create_index_concurrently()``."""

    directive = "create_index_concurrently"
    builds_index = True

    def __init__(self, spec: IndexSpec, *, context: Any = None) -> None:
        self.spec = spec.named(context)

    @classmethod
    def create_index_concurrently(
        cls,
        operations: Operations,
        index_name: str | None,
        table_name: str,
        columns: Sequence[Any],
        *,
        schema: str | None = None,
        unique: bool = False,
        **kw: Any,
    ) -> None:
        """Build an index without blocking reads or writes.

        If the index exists, is valid and has this definition, the step is skipped.
        An invalid index of an interrupted build is dropped first.  If another session
        is still building the index, the directive waits for it.  On a partitioned
        table each partition gets its index concurrently.

        Args:
            index_name: its name; None for the metadata's naming convention.
            table_name: the table.
            columns: column names, ``sa.text()`` or SQL expressions.
            schema: the table's schema, default: by search_path.
            unique: build a unique index.
            kw: the ``postgresql_...`` options of SQLAlchemy's Index: ``_using``,
                ``_where``, ``_include``, ``_with``, ``_ops``, ``_tablespace``,
                ``_nulls_not_distinct``.

        Raises:
            UndefinedObjectError: no such table or column.
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
        kw.pop("if_not_exists", None)  # it would keep an invalid index
        kw.pop("postgresql_concurrently", None)
        check_options(kw, INDEX_OPTIONS, f'index "{index_name}"')
        table = QualifiedName(table_name, schema)
        spec = IndexSpec(index_name, table, columns_of(columns, table), unique, kw)
        operations.invoke(cls(spec, context=operations.migration_context))

    @classmethod
    def from_stock(cls, stock: ops.CreateIndexOp) -> CreateIndexConcurrentlyOp:
        """Build the safe operation for Alembic's ``create_index()``."""
        options = given_options(stock.kw)
        options.pop("postgresql_concurrently", None)
        table = QualifiedName(stock.table_name, stock.schema)
        unique = bool(stock.unique)
        name = stock.index_name
        return cls(
            IndexSpec(name, table, given_columns(stock.columns), unique, options)
        )

    @property
    def name(self) -> str:
        """Return the name of the index."""
        return str(self.spec.name)

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'create index "{self.name}"'

    @property
    def subject(self) -> str:
        """Return the name of the table, for the lock between migrations."""
        return self.spec.table.words

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        return self.spec.arguments()

    def reverse(self) -> DropIndexConcurrentlyOp:
        """Drop the index concurrently."""
        return DropIndexConcurrentlyOp(
            self.name, self.spec.table.name, schema=self.spec.table.schema, create=self
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the table and the spelling of the index."""
        return TableQuestion(self.spec.table), canonical_question(self.spec)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the table and its columns exist."""
        facts = require_table(self.spec.table, server, INDEXABLE)
        columns = self.spec.mentioned_columns
        require_columns(self.spec.table, facts, columns, server)
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """Drop an invalid index, build, and gather statistics for expressions."""
        return index_steps(self.spec, server)


@directive
class DropIndexConcurrentlyOp(ZdtOperation):
    """The operation behind ``op.drop_index_concurrently()``."""

    directive = "drop_index_concurrently"

    def __init__(
        self,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        create: CreateIndexConcurrentlyOp | None = None,
    ) -> None:
        self.index = QualifiedName(checked(index_name, "index"), schema)
        self.table = QualifiedName(table_name, schema) if table_name else None
        self.create = create

    @classmethod
    def drop_index_concurrently(
        cls,
        operations: Operations,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
    ) -> None:
        """Drop an index without blocking reads or writes.

        If the index does not exist, the step is skipped.  The index of a partitioned
        table cannot be dropped concurrently.  It is dropped in a short transaction
        under the lock strategy.

        Args:
            index_name: the index.
            table_name: its table; an index of another table is refused.
            schema: its schema, default: by search_path.

        Raises:
            DependentObjectsError: a constraint or an open window needs the index.
            LockNotAvailableError: an old transaction did not end in time.

        Example::

            op.drop_index_concurrently("ix_orders_user_id", "orders")

        Instead of::

            op.drop_index("ix_orders_user_id", "orders")

        https://www.postgresql.org/docs/current/sql-dropindex.html
        """
        operations.invoke(cls(index_name, table_name, schema=schema))

    @classmethod
    def from_stock(cls, stock: ops.DropIndexOp) -> DropIndexConcurrentlyOp:
        """Build the safe operation for Alembic's ``drop_index()``."""
        reverse = comparisons.created_before(stock)
        return cls(
            str(stock.index_name),
            stock.table_name,
            schema=stock.schema,
            create=CreateIndexConcurrentlyOp.from_stock(reverse) if reverse else None,
        )

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'drop index "{self.index.words}"'

    @property
    def subject(self) -> str:
        """Return the name of the table, or of the index if the table is unknown."""
        return (self.table or self.index).words

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        table = self.table.name if self.table else None
        named = {"table_name": table, "schema": self.index.schema}
        return (self.index.name,), named

    def reverse(self) -> CreateIndexConcurrentlyOp:
        """Build the index again, if its definition is known, as in autogenerate."""
        if self.create is None:
            self._irreversible(
                "The definition of the index is not part of the call.",
                "Write op.create_index_concurrently(...) into the downgrade.",
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
        raise DependentObjectsError(
            f'cannot drop index "{self.index.words}": constraint "{constraint}" on '
            f'"{table.words}" needs it',
            detail="An index that backs a constraint goes with the constraint.",
            hint=f'Write op.drop_constraint_safely("{constraint}", "{table.name}").',
            constraint=constraint,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the single step that drops the index."""
        facts = server.answer(IndexQuestion(self.index))
        words = f'there is no index "{self.index.words}"'
        gone = SkipCondition(f"({self.index.regclass} IS NULL)", words)
        if facts is not None and facts.is_partitioned:
            table = facts.table if server.online else self.table
            return (self._drop_partitioned(table, gone),)
        return (self._drop(facts.table if facts else None, gone),)

    def step(self, facts: TableFacts) -> Step:
        """Return the step for a known table, without facts of the index."""
        gone = SkipCondition(f"({self.index.regclass} IS NULL)", "it is gone")
        if facts.is_partitioned:
            return self._drop_partitioned(self.table, gone)
        return self._drop(self.table, gone)

    def _drop(self, table: QualifiedName | None, gone: SkipCondition) -> Step:
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE
        known = self.table or table
        lock = RelationLock(mode, known) if known else None
        return Step(
            purpose=self.purpose,
            statements=(f"DROP INDEX CONCURRENTLY {self.index.sql}",),
            unconditional=f"DROP INDEX CONCURRENTLY IF EXISTS {self.index.sql}",
            locks=(lock or RelationLock(mode, self.index, kind="index"),),
            skip_if=gone,
            preconditions=(is_meant(self.index, self.table),),
            transaction=Transaction.AUTOCOMMIT,
            waits_for_snapshots=True,
            waits_for_readers=True,
        )

    def _drop_partitioned(
        self, table: QualifiedName | None, gone: SkipCondition
    ) -> Step:
        mode = LockMode.ACCESS_EXCLUSIVE
        lock = RelationLock(mode, table, tree=True) if table else None
        return Step(
            purpose=f"{self.purpose} of the partitioned table and its partitions",
            statements=(f"DROP INDEX {self.index.sql}",),
            locks=(lock or RelationLock(mode, self.index, kind="index"),),
            skip_if=gone,
            preconditions=(is_meant(self.index, self.table),),
        )
