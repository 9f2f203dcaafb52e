"""A new NOT NULL column without a default fails when there are rows.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.operations.stock import has_default, is_serial


def _is_without_a_value(op: ops.AddColumnOp) -> bool:
    column = op.column
    is_filled = has_default(column) or column.computed is not None or is_serial(column)
    return not column.nullable and not is_filled


CHECK = Check(
    id="add-column-not-null",
    severity=Severity.ERROR,
    reason="ADD COLUMN ... NOT NULL without a default reads the table under ACCESS "
    "EXCLUSIVE and fails if the table has a row. Code that does not know the column "
    "cannot insert any more.",
    look=reporting(
        ops.AddColumnOp,
        lambda op, table: (
            f"column {op.column.name} of {table} is NOT NULL and has no default"
        ),
        when=_is_without_a_value,
        suggestion=instead_of,
    ),
    setup=USERS,
    bad='op.add_column("users", sa.Column("age", sa.Integer(), nullable=False))',
    good='op.expand_add_column("users", sa.Column("age", sa.Integer(),'
    ' nullable=False, server_default="0"))',
    claim=Claim({}, fails="23502"),
    elsewhere={"squawk": "adding-required-field"},
)
