"""An index in add_column() is built while the table is locked.

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
        if op.column.index:
            table = table_of(op)
            words = (
                f"the index of column {op.column.name} is built while "
                f"{table.words} is locked"
            )
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-column-index",
    severity=Severity.ERROR,
    reason="index=True writes CREATE INDEX into the transaction in which ADD COLUMN "
    "holds ACCESS EXCLUSIVE: reads and writes wait until it is built.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("code", sa.Text(), index=True))',
    good='op.expand_add_column("users", sa.Column("code", sa.Text()))\n'
    'op.create_index_concurrently("ix_users_code", "users", ["code"])',
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, scans=frozenset({"users"})),
)
