"""A CHECK that is validated at once stops reads and writes.

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
    id="add-check",
    severity=Severity.ERROR,
    reason="ADD CHECK reads the table under ACCESS EXCLUSIVE: reads and writes wait "
    "until all rows are read. Add the CHECK as NOT VALID first. VALIDATE then reads "
    "the table under SHARE UPDATE EXCLUSIVE, while reads and writes go on.",
    look=reporting(
        ops.CreateCheckConstraintOp,
        lambda op, table: (
            f"the CHECK {called(op.constraint_name)} of {table} is made "
            "under ACCESS EXCLUSIVE"
        ),
        when=lambda op: not op.kw.get("postgresql_not_valid"),
        suggestion=instead_of,
    ),
    setup=USERS,
    bad='op.create_check_constraint("ck_users_email", "users", "email <> \'\'")',
    good='op.create_check_constraint_two_phase("ck_users_email", "users", '
    "\"email <> ''\")",
    claim=USERS_READ,
    elsewhere={
        "squawk": "constraint-missing-not-valid",
        "strong_migrations": "add_check_constraint",
        "eugene": "E1",
    },
)
