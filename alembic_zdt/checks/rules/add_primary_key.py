"""A primary key builds its index under ACCESS EXCLUSIVE.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.context import called
from alembic_zdt.checks.examples import USERS_READ, WITHOUT_KEY
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity

CHECK = Check(
    id="add-primary-key",
    severity=Severity.ERROR,
    reason="ADD PRIMARY KEY reads the table for NULLs and builds an index, both under "
    "ACCESS EXCLUSIVE: reads and writes wait until the index is built.",
    look=reporting(
        ops.CreatePrimaryKeyOp,
        lambda op, table: (
            f"the primary key {called(op.constraint_name)} of {table} is made "
            "under ACCESS EXCLUSIVE"
        ),
        suggestion=instead_of,
    ),
    setup=WITHOUT_KEY,
    bad='op.create_primary_key("pk_users", "users", ["id"])',
    good='op.create_primary_key_concurrently("pk_users", "users", ["id"])',
    claim=USERS_READ,
    elsewhere={"squawk": "adding-serial-primary-key-field"},
)
