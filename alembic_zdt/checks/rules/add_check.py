"""A CHECK that is validated at once stops reads and writes.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, called, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreateCheckConstraintOp):
        if not op.kw.get("postgresql_not_valid"):
            table = table_of(op)
            words = (
                f"the CHECK {called(op.constraint_name)} of {table.words} is made "
                "under ACCESS EXCLUSIVE"
            )
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-check",
    severity=Severity.ERROR,
    reason="ADD CHECK reads the table under ACCESS EXCLUSIVE: reads and writes wait "
    "until it is through. NOT VALID, then VALIDATE (SHARE UPDATE EXCLUSIVE), "
    "lets them go on.",
    look=_look,
    setup=USERS,
    bad='op.create_check_constraint("ck_users_email", "users", "email <> \'\'")',
    good='op.create_check_constraint_two_phase("ck_users_email", "users", '
    "\"email <> ''\")",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, scans=frozenset({"users"})),
    elsewhere={
        "squawk": "constraint-missing-not-valid",
        "strong_migrations": "add_check_constraint",
        "eugene": "E2",
    },
)
