"""Changing the definition of an index while the application runs.

Dropping the old index first would leave queries without an index.  So the new index is
built under a temporary name.  Then the old one is dropped concurrently, and the new one
gets its name.  The rename takes SHARE UPDATE EXCLUSIVE on the index and blocks neither
reads nor writes.

https://www.postgresql.org/docs/current/sql-alterindex.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from sqlalchemy import ColumnElement, TextClause

from alembic_zdt.catalog import index as catalog
from alembic_zdt.catalog.index_belongings import BelongingsQuestion, needing
from alembic_zdt.errors import DependentObjectsError, PreconditionError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, derived, quote, shortened
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
from alembic_zdt.operations.indexes.index_build import (
    build_steps,
    drop_leftover,
    dropping,
    name_is_free_elsewhere,
)
from alembic_zdt.operations.indexes.index_ddl import REPLACED, IndexSpec
from alembic_zdt.operations.indexes.index_inheritance import Inheritance
from alembic_zdt.operations.indexes.index_steps import canonical_question
from alembic_zdt.operations.queueable import QueueableOperation, queueable
from alembic_zdt.operations.refusals.needed import needed
from alembic_zdt.operations.refusals.window_kept import no_copy
from alembic_zdt.server_facts import (
    SAME_DEFINITION,
    CanonicalIndex,
    IndexQuestion,
    Question,
    Server,
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
@queueable("replace")
class ReplaceIndexConcurrentlyOp(QueueableOperation, BuiltIndexOp):
    """The operation behind ``op.replace_index_concurrently()``."""

    directive = "replace_index_concurrently"

    def __init__(
        self,
        spec: IndexSpec,
        *,
        context: Any = None,
        replaced: ReplaceIndexConcurrentlyOp | None = None,
    ) -> None:
        super().__init__(spec.named(context))
        self.temporary = spec.on(spec.table, derived("zdt_new", str(self.spec.name)))
        self.replaced = replaced

    @classmethod
    @with_index_options
    def replace_index_concurrently(
        cls,
        operations: Operations,
        index_name: str | None,
        table_name: str,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        *,
        schema: str | None = None,
        unique: bool = False,
        postgresql_concurrently: bool = True,  # noqa: ARG003  # implied
        mode: Literal["inline", "background"] = "inline",
        window: str | None = None,
        approve: bool = False,
        **options: Any,
    ) -> None:
        """Change the definition of an index, so that queries always have one.

        If the index has that definition already, no index is built.  If there is no
        index of that name, it is built.  The new index keeps the comment, the
        tablespace, the CLUSTER mark, the replica identity, and the statistics targets
        of the same expressions.

        Args:
            index_name: the index, which keeps its name.
            table_name: the table, not a partitioned one.
            columns: the new column names, ``sa.text()`` or SQL expressions.
            unique: whether the new one is unique.
            postgresql_concurrently: no effect, accepted as an argument of
                ``create_index()``.

        Raises:
            UndefinedObjectError: no such table or column.
            WrongObjectTypeError: the relation is neither a table nor a materialized
                view.
            DuplicateObjectError: the temporary name of the new index is taken.
            UsageError: an option or the columns are not valid.
            DuplicateKeysError: the new index is unique, and there are duplicates.
            DependentObjectsError: a constraint, the index of a partitioned table or an
                open window needs the old index.
            PreconditionError: the table is partitioned, or the new index cannot be
                the replica identity or have the CLUSTER mark that the old one has.
            LockNotAvailableError: an old transaction did not end in time.

        Example::

            op.replace_index_concurrently(
                "ix_orders_user_id", "orders", ["user_id", "created_at"]
            )

        Instead of::

            op.drop_index("ix_orders_user_id", "orders")
            op.create_index(
                "ix_orders_user_id", "orders", ["user_id", "created_at"]
            )

        https://www.postgresql.org/docs/current/sql-alterindex.html
        """
        table = QualifiedName(table_name, schema)
        keys = columns_of(columns, table)
        spec = IndexSpec(index_name, table, keys, unique, index_options(**options))
        op = cls(spec, context=operations.migration_context)
        operations.invoke(op.by_mode(mode, window, approve))

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'replace index "{self.name}"'

    def reverse(self) -> ReplaceIndexConcurrentlyOp:
        """Restore the old definition, if it is known."""
        if self.replaced is None:
            self._irreversible(
                "The old definition of the index is not part of the call.",
                "Write op.replace_index_concurrently() with the old columns into "
                "the downgrade.",
            )
        return ReplaceIndexConcurrentlyOp(self.replaced.spec, replaced=self)

    @property
    def _index(self) -> QualifiedName:
        return self.table.sibling(self.name)

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the table, both indexes and their spelling."""
        table = TableQuestion(self.table)
        index = IndexQuestion(self._index)
        return (
            table,
            index,
            self._belongings,
            self._canonical,
            canonical_question(self.temporary),
        )

    @property
    def _belongings(self) -> BelongingsQuestion:
        return BelongingsQuestion(self.name, self.table)

    @property
    def _canonical(self) -> CanonicalIndex:
        return replace(canonical_question(self.spec), may_differ=True)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require table and columns, and an index that can be replaced."""
        table = self.table
        facts = require_table(table, server, INDEXABLE)
        require_columns(table, facts, self.spec.mentioned_columns, server)
        if facts.is_partitioned:
            self._refuse_partitioned()
        found = server.answer(IndexQuestion(self._index))
        if found is not None and found.constraint:
            self._refuse_constraint(found.constraint)
        done = self._done(server.answer(self._canonical), server)
        return (
            name_is_free_elsewhere(self.spec),
            no_copy(self._index, self.purpose),
            self._not_needed().unless(f"coalesce({done}, false)"),
            *self._heirs.able(online=server.online),
        )

    def _not_needed(self) -> Precondition:
        """Refuse before the build an index that cannot be dropped after it."""
        hint = f"{self._another()} Let these objects use it before the drop."
        refused = needed(self.purpose, hint, table=self.table.label)
        return Precondition(needing(self.name, self.table), refused)

    @property
    def _heirs(self) -> Inheritance:
        return Inheritance(self.spec, str(self.temporary.name))

    def _another(self) -> str:
        """Return the hint to build the index under another name."""
        renamed = replace(self.spec, name=shortened(f"{self.name}_new"))
        create_call = written_call("create_index_concurrently", *renamed.arguments())
        return (
            f"Build it under another name, such as {create_call}, then drop the "
            f"old one with {dropping(self.spec)}."
        )

    def _refuse_partitioned(self) -> NoReturn:
        raise PreconditionError(
            f"cannot {self.purpose}: the table is partitioned",
            detail="The index of a partitioned table cannot be dropped concurrently.",
            hint=self._another(),
            table=self.table.label,
        )

    def _refuse_constraint(self, constraint: str) -> NoReturn:
        what, where = [constraint, self.table.name], {"schema": self.table.schema}
        drop = written_call("drop_constraint_safely", what, where)
        raise DependentObjectsError(
            f'cannot replace index "{self.name}": constraint "{constraint}" needs it',
            detail="An index that backs a constraint goes with the constraint.",
            hint="Create a second constraint from a new index, then drop the old one "
            f"with {drop}.",
            constraint=constraint,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Build the new index, transfer properties, drop the old one, rename."""
        canonical = server.answer(self._canonical)
        belongings = server.answer(self._belongings)
        of_temporary = server.answer(canonical_question(self.temporary))
        schema = server.table(self.table).schema
        done = self._done(canonical, server)
        wanted = canonical or of_temporary
        temporary = self._heirs.placed(self.temporary, belongings)
        _, build = build_steps(temporary, wanted, schema, done, until=REPLACED)
        stale = self._drop_stale(wanted, schema)
        handing_over = self._heirs.steps(server, belongings)
        return [stale, build, *handing_over, self._drop(schema), self._rename(schema)]

    def _drop_stale(self, wanted: str | None, schema: str | None) -> Step:
        """Drop an index from an interrupted run or from an earlier form of the call."""
        dropping = drop_leftover(self.temporary, schema)
        if wanted is None:
            return dropping
        name = str(self.temporary.name)
        place = self.spec.tablespace
        usable = catalog.is_valid(name, self.table, wanted, place)
        skip_if = SkipCondition(
            f"({self._temporary_is_gone()} OR {usable})",
            f'there is no index "{name}" of another definition',
        )
        return replace(dropping, skip_if=skip_if)

    def _done(self, canonical: str | None, server: Server) -> str:
        """Return SQL that is true if the index has the new definition."""
        if not server.online:
            return f"pg_catalog.current_setting('{SAME_DEFINITION}', true) = 'true'"
        if canonical is None:
            return "false"
        place = self.spec.tablespace
        return catalog.is_valid(self.name, self.table, canonical, place)

    def _temporary_is_gone(self) -> str:
        temporary = str(self.temporary.name)
        return f"(NOT {catalog.exists(temporary, self.table)})"

    def _drop(self, schema: str | None) -> Step:
        gone = f"NOT {catalog.exists(self.name, self.table)}"
        index = QualifiedName(self.name, schema or self.table.schema)
        return Step(
            purpose=f'drop the old index "{self.name}"',
            statements=(f"DROP INDEX CONCURRENTLY {index.sql}",),
            unconditional=f"DROP INDEX CONCURRENTLY IF EXISTS {index.sql}",
            locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, self.table),),
            skip_if=SkipCondition(
                f"({self._temporary_is_gone()} OR {gone})", "the old index is gone"
            ),
            transaction=Transaction.AUTOCOMMIT,
            waits_for_snapshots=True,
            waits_for_readers=True,
        )

    def _rename(self, schema: str | None) -> Step:
        temporary = QualifiedName(str(self.temporary.name), schema or self.table.schema)
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE
        return Step(
            purpose=f'give the new index its name "{self.name}"',
            statements=(f"ALTER INDEX {temporary.sql} RENAME TO {quote(self.name)}",),
            locks=(RelationLock(mode, temporary, kind="index"),),
            skip_if=SkipCondition(
                self._temporary_is_gone(), "the new index has its name"
            ),
        )
