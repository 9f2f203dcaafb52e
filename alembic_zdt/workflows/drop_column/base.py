"""The common part of the two phases of a drop of a column.

``op.expand_drop_column()`` explains both phases.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic_zdt.catalog import column as catalog
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.base import TableOperation
from alembic_zdt.operations.nothing_to_drop import DropOperation, Sought


class DropColumnOp(DropOperation, TableOperation):
    """A drop of a column.

    Example::

        op.<directive>("users", "email_lower")

    Instead of::

        op.drop_column("users", "email_lower")
    """

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        if_exists: bool = False,
    ) -> None:
        self.table = QualifiedName(checked(table_name, "table"), schema)
        self.column = checked(column_name, "column")
        self.if_exists = bool(if_exists)

    @property
    def label(self) -> str:
        """Return the table and the column for messages, such as ``users.email``."""
        return f"{self.table.label}.{self.column}"

    @property
    def sought(self) -> Sought:
        """Return the column, and the query for the other columns of its table."""
        return Sought(
            "column",
            self.column,
            catalog.exists(self.table, self.column),
            self.table,
            "SELECT attname::text FROM pg_catalog.pg_attribute WHERE attnum > 0"
            f" AND NOT attisdropped AND attrelid = {self.table.regclass}",
            f'Table "{self.table.label}" has',
            {"table": self.table.label, "column": self.column},
        )
