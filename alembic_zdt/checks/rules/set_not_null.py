"""SET NOT NULL reads the table under ACCESS EXCLUSIVE.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.context import CheckContext, table_of
from alembic_zdt.checks.examples import USERS, USERS_READ
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity


def _is_not_null(op: ops.AlterColumnOp, context: CheckContext) -> bool:
    """Check whether the column is NOT NULL already, or proven to have no NULL."""
    table = table_of(op)
    if context.has_no_null(table, op.column_name):
        return True
    # existing_nullable= counts only if nothing else knows the column.
    is_known = context.oracle is not None and context.oracle.oid(table)
    if is_known or context.known.is_nullable(table, op.column_name):
        return False
    return op.existing_nullable is False


CHECK = Check(
    id="set-not-null",
    severity=Severity.ERROR,
    reason="SET NOT NULL reads the table under ACCESS EXCLUSIVE: reads and writes "
    "wait until all rows are read. PostgreSQL reads no rows if a valid CHECK proves "
    "that the column has no NULL.",
    look=reporting(
        ops.AlterColumnOp,
        lambda op, table: f"SET NOT NULL of {op.column_name} reads all of {table}",
        when=lambda op: op.modify_nullable is False,
        unless=_is_not_null,
        suggestion=instead_of,
    ),
    setup=USERS,
    bad='op.alter_column("users", "email", nullable=False)',
    good='op.add_not_null_two_phase("users", "email")',
    claim=USERS_READ,
    elsewhere={
        "squawk": "adding-not-nullable-field",
        "strong_migrations": "change_column_null",
        "eugene": "E2",
    },
)
