"""A unique constraint builds its index under ACCESS EXCLUSIVE.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.context import called
from alembic_zdt.checks.examples import USERS, USERS_READ
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity

CHECK = Check(
    id="add-unique",
    severity=Severity.ERROR,
    reason="ADD UNIQUE builds an index under ACCESS EXCLUSIVE: reads and writes wait "
    "until the index is built. Build a unique index concurrently first: then "
    "turning it into the constraint takes only a short lock.",
    look=reporting(
        ops.CreateUniqueConstraintOp,
        lambda op, table: (
            f"the unique constraint {called(op.constraint_name)} of {table} is made "
            "under ACCESS EXCLUSIVE"
        ),
        suggestion=instead_of,
    ),
    setup=USERS,
    bad='op.create_unique_constraint("uq_users_email", "users", ["email"])',
    good='op.create_unique_constraint_concurrently("uq_users_email", '
    '"users", ["email"])',
    claim=USERS_READ,
    elsewhere={
        "squawk": "disallowed-unique-constraint",
        "strong_migrations": "add_unique_constraint",
        "eugene": "E7",
    },
)
