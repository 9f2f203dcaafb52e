"""LOCK TABLE in a revision is held until all of it is done.

https://www.postgresql.org/docs/current/sql-lock.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import LockTable
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, LockTable):
        words = f"{act.words} {act.table.words} is held to the end of the revision"
        yield Problem(words, act.table)


CHECK = Check(
    id="lock-table",
    severity=Severity.ERROR,
    reason="LOCK TABLE takes ACCESS EXCLUSIVE unless it says another mode, and "
    "waits for it without a bound; every query of the table waits behind. "
    "Our directives take their locks themselves, under lock_timeout, and "
    "try again.",
    look=_look,
    setup=USERS,
    bad='op.execute("LOCK TABLE users")\n'
    'op.add_column("users", sa.Column("note", sa.Text()))',
    good='op.expand_add_column("users", sa.Column("note", sa.Text()))',
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}),
)
