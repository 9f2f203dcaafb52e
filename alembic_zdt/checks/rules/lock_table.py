"""LOCK TABLE in a revision holds its lock until the revision ends.

https://www.postgresql.org/docs/current/sql-lock.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_LOCKED
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.effects import LockTable
from alembic_zdt.findings import Severity

CHECK = Check(
    id="lock-table",
    severity=Severity.ERROR,
    reason="LOCK TABLE takes ACCESS EXCLUSIVE, unless the statement names another "
    "mode. It waits for the lock without a bound, and every query of the table waits "
    "behind it. Directives take their locks themselves, under lock_timeout, and try "
    "again.",
    look=reporting(
        LockTable,
        lambda act, table: (
            f"{act.description} {table} is held to the end of the revision"
        ),
    ),
    setup=USERS,
    bad='op.execute("LOCK TABLE users")\n'
    'op.add_column("users", sa.Column("note", sa.Text()))',
    good='op.expand_add_column("users", sa.Column("note", sa.Text()))',
    claim=USERS_LOCKED,
)
