"""Write operations as clauses of ``ALTER TABLE``, to try them on a database.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops
from sqlalchemy import MetaData, Table
from sqlalchemy.schema import CreateColumn
from sqlalchemy.types import TypeEngine

from alembic_zdt.names import quote
from alembic_zdt.operations.calls.sql_text import DIALECT


def type_change(operation: ops.AlterColumnOp) -> str:
    """Return the clause ``ALTER COLUMN ... TYPE``."""
    kind = operation.modify_type
    made: TypeEngine[object] = kind() if isinstance(kind, type) else kind  # type: ignore[assignment]
    using = operation.kw.get("postgresql_using")
    converted = f" USING {using}" if using else ""
    column = quote(operation.column_name)
    return f"ALTER COLUMN {column} TYPE {made.compile(dialect=DIALECT)}{converted}"


def added_column(operation: ops.AddColumnOp) -> str:
    """Return the clause ``ADD COLUMN``, without references to other tables."""
    column = operation.column._copy()  # noqa: SLF001  # as Alembic does
    Table(operation.table_name, MetaData(), column)  # a column alone does not compile
    return f"ADD COLUMN {CreateColumn(column).compile(dialect=DIALECT)}"
