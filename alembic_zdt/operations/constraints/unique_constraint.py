"""Adding a UNIQUE constraint while the application runs.

``ADD UNIQUE`` builds its index under ACCESS EXCLUSIVE, which blocks reads and writes
until the build ends.  So the index is built concurrently first.  Then it becomes the
constraint's index within milliseconds (``USING INDEX``).

What can still go wrong: PostgreSQL has no ``USING INDEX`` for partitioned tables.
There a unique index does the same for everything but foreign keys.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import directive
from alembic_zdt.operations.calls.arguments import columns_of
from alembic_zdt.operations.constraints.constraint_from_index import ConstraintFromIndex
from alembic_zdt.operations.constraints.constraint_names import as_given, final_name
from alembic_zdt.operations.indexes.index_ddl import (
    IndexSpec,
    given_options,
    set_options,
)
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Step

if TYPE_CHECKING:
    from alembic.operations import Operations


@directive
class CreateUniqueConstraintConcurrentlyOp(ConstraintFromIndex):
    """The operation behind ``op.create_unique_constraint_concurrently()``."""

    directive = "create_unique_constraint_concurrently"
    kind = "UNIQUE"
    label = "unique constraint"
    contype = "u"

    @classmethod
    def create_unique_constraint_concurrently(
        cls,
        operations: Operations,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        postgresql_include: Sequence[str] | None = None,
        postgresql_nulls_not_distinct: bool | None = None,
        postgresql_tablespace: str | None = None,
        postgresql_with: Mapping[str, str | float] | None = None,
    ) -> None:
        """Add a UNIQUE constraint without blocking reads or writes.

        Its index is built concurrently and has the constraint's name.

        Args:
            postgresql_tablespace: the tablespace of the index.

        Raises:
            UndefinedObjectError: no such table or column.
            UsageError: an option or the columns are not valid.
            DuplicateObjectError: the name is taken by something else.
            DuplicateKeysError: there are duplicates.
            PreconditionError: the table is partitioned.

        Example::

            op.create_unique_constraint_concurrently(
                "uq_users_email", "users", ["email"]
            )

        Instead of::

            op.create_unique_constraint("uq_users_email", "users", ["email"])

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        table = QualifiedName(table_name, schema)
        names = columns_of(columns, table)
        options = set_options(
            postgresql_include=postgresql_include,
            postgresql_nulls_not_distinct=postgresql_nulls_not_distinct,
            postgresql_tablespace=postgresql_tablespace,
            postgresql_with=postgresql_with,
        )
        stock = ops.CreateUniqueConstraintOp(
            constraint_name, table_name, list(names), schema=schema
        )
        constraint = stock.to_constraint(operations.migration_context)
        name = as_given(final_name(constraint, table), constraint_name)
        spec = IndexSpec(name, table, names, unique=True, options=options)
        operations.invoke(cls(spec, deferrable=deferrable, initially=initially))

    @classmethod
    def from_stock(
        cls, stock: ops.CreateUniqueConstraintOp
    ) -> CreateUniqueConstraintConcurrentlyOp:
        """Build the safe operation for Alembic's ``create_unique_constraint()``."""
        options = given_options(stock.kw)
        table = QualifiedName(stock.table_name, stock.schema)
        given = final_name(stock.to_constraint(None), table)
        name = as_given(given, stock.constraint_name)
        columns = tuple(str(column) for column in stock.columns)
        return cls(
            IndexSpec(name, table, columns, unique=True, options=options),
            deferrable=stock.kw.get("deferrable"),
            initially=stock.kw.get("initially"),
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Build the index, then add the constraint."""
        return self.index_and_constraint(server)
