"""A statement that rewrites a table locks it until all rows are written.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_REWRITTEN
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.effects import RewriteTable
from alembic_zdt.findings import Severity

CHECK = Check(
    id="rewrite-table",
    severity=Severity.ERROR,
    reason="VACUUM FULL, CLUSTER, SET LOGGED or UNLOGGED, another tablespace or "
    "access method rewrite the table under ACCESS EXCLUSIVE, and its indexes, too, "
    "except for another tablespace. Reads and writes wait until all rows are written. "
    "To remove bloat, use pg_repack or pg_squeeze. For the other changes, create a new "
    "table.",
    look=reporting(
        RewriteTable, lambda act, table: f"{act.description} rewrites {table}"
    ),
    setup=USERS,
    bad='op.execute("CLUSTER users USING users_pkey")',
    good="""\
# From a shell: pg_repack --table=users --order-by=id rewrites the table while it is
# in use. Where it is enough that new rows use the space of deleted ones:
with op.get_context().autocommit_block():
    op.execute("VACUUM (ANALYZE) users")""",
    claim=USERS_REWRITTEN,
    elsewhere={"squawk": "ban-vacuum-full"},
)
