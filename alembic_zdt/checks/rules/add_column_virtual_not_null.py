"""NOT NULL of a virtual column is computed for every row at once.

https://www.postgresql.org/docs/current/ddl-generated-columns.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AddColumnOp):
        computed = op.column.computed
        if computed is not None and not op.column.nullable:
            if computed.persisted is not False:  # it is written anyway
                continue
            table = table_of(op)
            words = f"NOT NULL of column {op.column.name} reads all of {table.words}"
            yield Problem(words, table)


CHECK = Check(
    id="add-column-virtual-not-null",
    severity=Severity.ERROR,
    reason="A VIRTUAL column is added in a moment; with NOT NULL all rows are read "
    "under ACCESS EXCLUSIVE, and reads and writes wait. Add the constraint afterwards, "
    "NOT VALID, and VALIDATE it, which takes SHARE UPDATE EXCLUSIVE.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("up", sa.Text(), '
    'sa.Computed("upper(email)", persisted=False), nullable=False))',
    good="""\
op.add_column(
    "users",
    sa.Column("up", sa.Text(), sa.Computed("upper(email)", persisted=False)),
    if_not_exists=True,
)
op.add_not_null_two_phase("users", "up")""",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, scans=frozenset({"users"})),
    since=18,
)
