"""A new unique column builds its index under ACCESS EXCLUSIVE.

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
    for op in on_used(call, context, ops.AddColumnOp):
        if op.column.unique:
            table = table_of(op)
            words = (
                f"the unique column {op.column.name} builds an index while "
                f"{table.words} is locked"
            )
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-column-unique",
    severity=Severity.ERROR,
    reason="The constraint builds its index in the same transaction, in which ACCESS"
    " EXCLUSIVE is held: reads and writes wait until it is built.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("code", sa.Text(), unique=True))',
    good='op.expand_add_column("users", sa.Column("code", sa.Text()))\n'
    'op.create_unique_constraint_concurrently("users_code_key", '
    '"users", ["code"])',
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, scans=frozenset({"users"})),
    elsewhere={"squawk": "disallowed-unique-constraint"},
)
