"""A table is locked until it is rewritten.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.around import Around, on_used
from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.recording.call import Call
from alembic_zdt.checks.sql.acts import RewriteTable
from alembic_zdt.locks import LockMode


def _look(call: Call, around: Around) -> Iterator[Problem]:
    for act in on_used(call, around, RewriteTable):
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
