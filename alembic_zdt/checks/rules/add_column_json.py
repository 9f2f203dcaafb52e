"""A column of type json cannot be compared.

https://www.postgresql.org/docs/current/datatype-json.html
"""

from __future__ import annotations

from alembic.operations import ops
from sqlalchemy.dialects import postgresql

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.looks import reporting
from alembic_zdt.findings import Severity

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


CHECK = Check(
    id="add-column-json",
    severity=Severity.NOTE,
    reason="PostgreSQL cannot compare values of type json. Once the table has such a "
    "column, SELECT DISTINCT, UNION and GROUP BY over all its columns fail, and an "
    "ORM may write these. Values of type jsonb can be compared and indexed.",
    look=reporting(
        ops.AddColumnOp,
        lambda op, table: (
            f"{op.column.name} of {table} is json, which lacks an = operator"
        ),
        when=lambda op: op.column.type.compile(dialect=_DIALECT).upper() == "JSON",
    ),
    setup=USERS,
    bad='op.add_column("users", sa.Column("data", sa.JSON()))',
    good='op.expand_add_column("users",'
    " sa.Column('data', sa.dialects.postgresql.JSONB()))",
    elsewhere={"strong_migrations": "add_column_json", "eugene": "E3"},
)
