"""A new unique column builds its index under ACCESS EXCLUSIVE.

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
    id="add-column-unique",
    severity=Severity.ERROR,
    reason="The UNIQUE constraint builds its index while the transaction holds ACCESS "
    "EXCLUSIVE: reads and writes wait until the index is built.",
    look=reporting(
        ops.AddColumnOp,
        lambda op, table: (
            f"the unique column {op.column.name} builds an index while "
            f"{table} is locked"
        ),
        when=lambda op: op.column.unique,
        suggestion=instead_of,
    ),
    setup=USERS,
    bad='op.add_column("users", sa.Column("code", sa.Text(), unique=True))',
    good='op.expand_add_column("users", sa.Column("code", sa.Text()))\n'
    'op.create_unique_constraint_concurrently("users_code_key", '
    '"users", ["code"])',
    claim=USERS_READ,
    elsewhere={"squawk": "disallowed-unique-constraint"},
)
