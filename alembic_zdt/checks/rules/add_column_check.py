"""A CHECK in a new column reads the table under ACCESS EXCLUSIVE.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops
from sqlalchemy import CheckConstraint

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.stock import has_enum_check
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AddColumnOp):
        has_check = any(
            isinstance(one, CheckConstraint) for one in op.column.constraints
        )
        if has_check or has_enum_check(op.column):
            table = table_of(op)
            words = f"the CHECK of column {op.column.name} reads all of {table.words}"
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-column-check",
    severity=Severity.ERROR,
    reason="A CHECK that comes with the column is validated at once, under ACCESS "
    "EXCLUSIVE. Added NOT VALID afterwards, it is validated while others read"
    " and write.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("age", sa.Integer(), '
    'sa.CheckConstraint("age > 0")))',
    good='op.expand_add_column("users", sa.Column("age", sa.Integer()))\n'
    'op.create_check_constraint_two_phase("users_age_check", "users", '
    '"age > 0")',
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, scans=frozenset({"users"})),
)
