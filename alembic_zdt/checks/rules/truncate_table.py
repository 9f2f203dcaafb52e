"""TRUNCATE loses all rows, and locks every table that refers to it.

https://www.postgresql.org/docs/current/sql-truncate.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import TruncateTable
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, TruncateTable):
        words = f"{act.words} takes all rows of {act.table.words}"
        yield Problem(words, act.table)


CHECK = Check(
    id="truncate-table",
    severity=Severity.ERROR,
    reason="TRUNCATE takes ACCESS EXCLUSIVE, with CASCADE on each table that "
    "refers to this one, too; and no downgrade brings the rows back. Delete"
    " them in batches; to drop the table, use op.contract_drop_table().",
    look=_look,
    setup=USERS,
    bad='op.execute("TRUNCATE users")',
    good="""\
delete = sa.text("DELETE FROM users WHERE id IN (SELECT id FROM users LIMIT 1000)")
with op.safety_assured("each batch is a transaction of its own"):
    with op.get_context().autocommit_block():
        while op.get_bind().execute(delete).rowcount:
            pass""",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, rewrites=frozenset({"users"})),
    elsewhere={"squawk": "ban-truncate-cascade"},
)
