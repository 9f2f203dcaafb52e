"""An exclusion constraint cannot be added without blocking the table.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.ddl.postgresql import CreateExcludeConstraintOp

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, CreateExcludeConstraintOp):
        table = table_of(op)
        words = f"the exclusion constraint of {table.words} is made under"
        yield Problem(f"{words} ACCESS EXCLUSIVE", table)


CHECK = Check(
    id="add-exclusion",
    severity=Severity.ERROR,
    reason="ADD EXCLUDE builds an index under ACCESS EXCLUSIVE and checks every row,"
    " and there is no concurrent way. For other operators than = create a new "
    "table that has the constraint, and copy the rows.",
    look=_look,
    setup=USERS,
    bad='op.create_exclude_constraint("ex_users", "users", '
    '(sa.column("email"), "="), using="btree")',
    good="""\
# Where every operator is =, a UNIQUE constraint does the same.
op.create_unique_constraint_concurrently("ex_users", "users", ["email"])""",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, scans=frozenset({"users"})),
    elsewhere={
        "strong_migrations": "add_exclusion_constraint",
        "eugene": "E8",
    },
)
