"""A new identity column rewrites the table.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_REWRITTEN
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.operations.stock import is_serial

CHECK = Check(
    id="add-column-identity",
    severity=Severity.ERROR,
    reason="PostgreSQL numbers the existing rows at once: the table and its indexes "
    "are rewritten under ACCESS EXCLUSIVE.",
    look=reporting(
        ops.AddColumnOp,
        lambda op, table: f"the identity column {op.column.name} rewrites {table}",
        when=lambda op: op.column.identity is not None or is_serial(op.column),
        suggestion=instead_of,
    ),
    setup=USERS,
    bad='op.add_column("users", sa.Column("no", sa.BigInteger(), '
    "sa.Identity(), nullable=False))",
    good='op.expand_add_column("users", sa.Column("no", sa.BigInteger(), '
    "sa.Identity(), nullable=False))",
    claim=USERS_REWRITTEN,
    elsewhere={
        "squawk": "adding-field-with-default",
        "strong_migrations": "add_column_auto_incrementing",
        "eugene": "E11",
    },
)
