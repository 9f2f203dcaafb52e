"""An exclusion constraint cannot be added without blocking the table.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.ddl.postgresql import CreateExcludeConstraintOp

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_READ
from alembic_zdt.checks.looks import reporting
from alembic_zdt.findings import Severity

CHECK = Check(
    id="add-exclusion",
    severity=Severity.ERROR,
    reason="ADD EXCLUDE builds an index under ACCESS EXCLUSIVE and checks every row. "
    "PostgreSQL cannot add an exclusion constraint concurrently. If all operators are "
    "=, use a unique constraint. Otherwise create a new table that has the exclusion "
    "constraint, and copy the rows.",
    look=reporting(
        CreateExcludeConstraintOp,
        lambda _op, table: (
            f"the exclusion constraint of {table} is made under ACCESS EXCLUSIVE"
        ),
    ),
    setup=USERS,
    bad='op.create_exclude_constraint("ex_users", "users", '
    '(sa.column("email"), "="), using="btree")',
    good="""\
# Where every operator is =, a UNIQUE constraint does the same.
op.create_unique_constraint_concurrently("ex_users", "users", ["email"])""",
    claim=USERS_READ,
    elsewhere={
        "strong_migrations": "add_exclusion_constraint",
        "eugene": "E8",
    },
)
