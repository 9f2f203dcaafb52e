"""A unique constraint builds its index under ACCESS EXCLUSIVE.

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
    for op in on_used(call, context, ops.CreateUniqueConstraintOp):
        if True:
            table = table_of(op)
            words = (
                f"the unique constraint {called(op.constraint_name)} of {table.words} "
                "is made under ACCESS EXCLUSIVE"
            )
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-unique",
    severity=Severity.ERROR,
    reason="ADD UNIQUE builds an index under ACCESS EXCLUSIVE: reads and writes wait"
    " until it is built. A unique index that is built concurrently becomes "
    "the constraint in a moment.",
    look=_look,
    setup=USERS,
    bad='op.create_unique_constraint("uq_users_email", "users", ["email"])',
    good='op.create_unique_constraint_concurrently("uq_users_email", '
    '"users", ["email"])',
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, scans=frozenset({"users"})),
    elsewhere={
        "squawk": "disallowed-unique-constraint",
        "strong_migrations": "add_unique_constraint",
        "eugene": "E7",
    },
)
