"""NOT NULL of a virtual column is computed for every row at once.

https://www.postgresql.org/docs/current/ddl-generated-columns.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_READ
from alembic_zdt.checks.looks import reporting
from alembic_zdt.findings import Severity


def _is_virtual_not_null(op: ops.AddColumnOp) -> bool:
    computed = op.column.computed
    if computed is None or op.column.nullable:
        return False
    return computed.persisted is False  # else it is written anyway


CHECK = Check(
    id="add-column-virtual-not-null",
    severity=Severity.ERROR,
    reason="ADD COLUMN of a VIRTUAL column that allows NULL reads no rows. For NOT "
    "NULL, PostgreSQL reads all rows under ACCESS EXCLUSIVE: reads and writes wait. "
    "Add NOT NULL after the column, as NOT VALID. VALIDATE then takes only SHARE "
    "UPDATE EXCLUSIVE.",
    look=reporting(
        ops.AddColumnOp,
        lambda op, table: f"NOT NULL of column {op.column.name} reads all of {table}",
        when=_is_virtual_not_null,
    ),
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
    claim=USERS_READ,
    since=18,
)
