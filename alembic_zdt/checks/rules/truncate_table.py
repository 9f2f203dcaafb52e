"""TRUNCATE loses all rows, and locks every table that refers to it.

https://www.postgresql.org/docs/current/sql-truncate.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_REWRITTEN
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.effects import TruncateTable
from alembic_zdt.checks.staying import on_staying
from alembic_zdt.findings import Severity

CHECK = Check(
    id="truncate-table",
    severity=Severity.ERROR,
    reason="TRUNCATE takes ACCESS EXCLUSIVE on the table. TRUNCATE ... CASCADE also "
    "locks and empties each table that refers to this one. No downgrade brings the "
    "rows back. Delete the rows in batches. To drop the table, use "
    "op.contract_drop_table().",
    look=reporting(
        TruncateTable,
        lambda act, table: f"{act.description} removes all rows of {table}",
        among=on_staying,
    ),
    setup=USERS,
    bad='op.execute("TRUNCATE users")',
    good="""\
delete = sa.text("DELETE FROM users WHERE id IN (SELECT id FROM users LIMIT 1000)")
with op.safety_assured("each batch is a transaction of its own"):
    with op.get_context().autocommit_block():
        while op.get_bind().execute(delete).rowcount:
            pass""",
    claim=USERS_REWRITTEN,
    elsewhere={"squawk": "ban-truncate-cascade"},
)
