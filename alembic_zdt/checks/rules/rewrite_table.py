"""A table is locked until it is rewritten.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import RewriteTable
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, RewriteTable):
        words = f"{act.words} rewrites {act.table.words}"
        yield Problem(words, act.table)


CHECK = Check(
    id="rewrite-table",
    severity=Severity.ERROR,
    reason="VACUUM FULL, CLUSTER, SET LOGGED or UNLOGGED, another tablespace or "
    "access method: the table and its indexes are rewritten under ACCESS"
    " EXCLUSIVE, and reads and writes wait until it is through. For bloat "
    "use pg_repack or pg_squeeze; for the rest a new table.",
    look=_look,
    setup=USERS,
    bad='op.execute("CLUSTER users USING users_pkey")',
    good="""\
# From a shell: pg_repack --table=users --order-by=id rewrites the table while it is
# in use. Where it is enough that new rows use the space of deleted ones:
with op.get_context().autocommit_block():
    op.execute("VACUUM (ANALYZE) users")""",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, rewrites=frozenset({"users"})),
    elsewhere={"squawk": "ban-vacuum-full"},
)
