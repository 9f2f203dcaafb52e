"""An index in add_column() is built while the table is locked.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_READ
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity

CHECK = Check(
    id="add-column-index",
    severity=Severity.ERROR,
    reason="index=True writes CREATE INDEX into the transaction in which ADD COLUMN "
    "holds ACCESS EXCLUSIVE: reads and writes wait until the index is built.",
    look=reporting(
        ops.AddColumnOp,
        lambda op, table: (
            f"the index of column {op.column.name} is built while {table} is locked"
        ),
        when=lambda op: op.column.index,
        suggestion=instead_of,
    ),
    setup=USERS,
    bad='op.add_column("users", sa.Column("code", sa.Text(), index=True))',
    good='op.expand_add_column("users", sa.Column("code", sa.Text()))\n'
    'op.create_index_concurrently("ix_users_code", "users", ["code"])',
    claim=USERS_READ,
)
