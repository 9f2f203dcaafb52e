"""SET NOT NULL reads the table under ACCESS EXCLUSIVE.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AlterColumnOp):
        if op.modify_nullable is False and not context.proves(op):
            table = table_of(op)
            words = f"SET NOT NULL of {op.column_name} reads all of {table.words}"
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="set-not-null",
    severity=Severity.ERROR,
    reason="SET NOT NULL reads the table under ACCESS EXCLUSIVE, unless a valid "
    "CHECK proves it: reads and writes wait until it is through.",
    look=_look,
    setup=USERS,
    bad='op.alter_column("users", "email", nullable=False)',
    good='op.add_not_null_two_phase("users", "email")',
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, scans=frozenset({"users"})),
    elsewhere={
        "squawk": "adding-not-nullable-field",
        "strong_migrations": "change_column_null",
        "eugene": "E2",
    },
)
