"""A CHECK in a new column reads the table under ACCESS EXCLUSIVE.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops
from sqlalchemy import CheckConstraint

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_READ
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.columns import NOT_ENFORCED
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.operations.stock import has_enum_check


def _has_check(op: ops.AddColumnOp) -> bool:
    return has_enum_check(op.column) or any(
        isinstance(one, CheckConstraint) and not one.info.get(NOT_ENFORCED)
        for one in op.column.constraints
    )


CHECK = Check(
    id="add-column-check",
    severity=Severity.ERROR,
    reason="A CHECK in ADD COLUMN is validated at once, under ACCESS EXCLUSIVE: reads "
    "and writes wait. Add the CHECK after the column, as NOT VALID. VALIDATE then "
    "reads the table while reads and writes go on.",
    look=reporting(
        ops.AddColumnOp,
        lambda op, table: f"the CHECK of column {op.column.name} reads all of {table}",
        when=_has_check,
        suggestion=instead_of,
    ),
    setup=USERS,
    bad='op.add_column("users", sa.Column("age", sa.Integer(), '
    'sa.CheckConstraint("age > 0")))',
    good='op.expand_add_column("users", sa.Column("age", sa.Integer()))\n'
    'op.create_check_constraint_two_phase("users_age_check", "users", '
    '"age > 0")',
    claim=USERS_READ,
)
