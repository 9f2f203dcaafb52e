"""Adding a primary key while the application runs.

``ADD PRIMARY KEY`` builds its index under ACCESS EXCLUSIVE and reads the table once
more to check for NULLs.  So the columns first become NOT NULL in two phases.  Then the
index is built concurrently and becomes the primary key within milliseconds.

What can still go wrong: PostgreSQL has no ``USING INDEX`` for partitioned tables.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_zdt.errors import DuplicateObjectError, ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import directive
from alembic_zdt.operations.calls.arguments import columns_of
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.constraints.constraint_from_index import ConstraintFromIndex
from alembic_zdt.operations.constraints.constraint_names import as_given, final_name
from alembic_zdt.operations.constraints.not_null_steps import NotNullSteps
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.server_facts import Question, Server
from alembic_zdt.steps import Precondition, Row, Step

if TYPE_CHECKING:
    from alembic.operations import Operations


@directive
class CreatePrimaryKeyConcurrentlyOp(ConstraintFromIndex):
    """The operation behind ``op.create_primary_key_concurrently()``."""

    directive = "create_primary_key_concurrently"
    kind = "PRIMARY KEY"
    label = "primary key"
    contype = "p"

    @classmethod
    def create_primary_key_concurrently(
        cls,
        operations: Operations,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
    ) -> None:
        """Add a primary key without blocking reads or writes.

        Columns that take NULL become NOT NULL in two phases first.  They stay NOT NULL
        when the key is dropped later.

        Raises:
            UndefinedObjectError: no such table or column.
            UsageError: the columns are not valid.
            DuplicateObjectError: the table has a primary key, or the name is taken.
            DuplicateKeysError: there are duplicates.
            NullValuesRemainError: a column holds NULLs.
            PreconditionError: the table is partitioned.

        Example::

            op.create_primary_key_concurrently("users_pkey", "users", ["id"])

        Instead of::

            op.create_primary_key("users_pkey", "users", ["id"])

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        table = QualifiedName(table_name, schema)
        names = columns_of(columns, table)
        stock = ops.CreatePrimaryKeyOp(
            constraint_name, table_name, list(names), schema=schema
        )
        constraint = stock.to_constraint(operations.migration_context)
        name = as_given(final_name(constraint, table), constraint_name)
        operations.invoke(cls(IndexSpec(name, table, names, unique=True)))

    @classmethod
    def from_stock(
        cls, stock: ops.CreatePrimaryKeyOp
    ) -> CreatePrimaryKeyConcurrentlyOp:
        """Build the safe operation for Alembic's ``create_primary_key()``."""
        table = QualifiedName(stock.table_name, stock.schema)
        given = final_name(stock.to_constraint(None), table)
        name = as_given(given, stock.constraint_name)
        columns = tuple(str(column) for column in stock.columns)
        return cls(IndexSpec(name, table, columns, unique=True))

    @property
    def _not_nulls(self) -> list[NotNullSteps]:
        return [NotNullSteps(self.spec.table, column) for column in self.columns]

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the index and about NOT NULL on each column."""
        own = list(super().questions())
        for not_null in self._not_nulls:
            own += [q for q in not_null.questions() if q not in own]
        return own

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse another primary key, and whatever would stop the index build.

        A refusal at the build itself would leave the columns NOT NULL.
        """
        leftover, build = self.index_steps(server)
        settled = f"({build.skip_if.done} OR NOT {leftover.skip_if.done})"
        building = (wrong.unless(settled) for wrong in build.preconditions)
        own = list(super().preconditions(server))
        for not_null in self._not_nulls:
            own += not_null.preconditions()
        return (*own, self._no_other_key(server), *building)

    def _no_other_key(self, server: Server) -> Precondition:
        table = self.spec.table

        def other(rows: Sequence[Row]) -> ZdtError:
            name, definition, *_ = rows[0]
            what, where = [name, table.name, "primary"], {"schema": table.schema}
            drop = written_call("drop_constraint_safely", what, where)
            return DuplicateObjectError(
                f'"{table.label}" already has another primary key, "{name}"',
                detail=f"There is: {definition}.",
                hint=f"First drop that key with {drop}.",
                name=name,
            )

        return Precondition(
            "SELECT k.conname::text, pg_catalog.pg_get_constraintdef(k.oid)"
            " FROM pg_catalog.pg_constraint k"
            f" WHERE k.conrelid = {table.regclass} AND k.contype = 'p'"
            f" AND NOT {self.done(server)}",
            other,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Set NOT NULL on each column, build the index, then add the key."""
        not_nulls = [
            step for not_null in self._not_nulls for step in not_null.steps(server)
        ]
        return [*not_nulls, *self.index_and_constraint(server)]
