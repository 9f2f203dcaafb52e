"""Rows that are changed in a revision are locked until all of it is done.

https://www.postgresql.org/docs/current/sql-update.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.around import Around, on_used
from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.recording.call import Call
from alembic_zdt.checks.sql.acts import ChangeRows
from alembic_zdt.locks import LockMode


def _look(call: Call, around: Around) -> Iterator[Problem]:
    for act in on_used(call, around, ChangeRows):
        words = f"{act.words} of {act.table.words} is one transaction with all else"
        yield Problem(words, act.table)


CHECK = Check(
    id="change-rows",
    severity=Severity.WARNING,
    reason="All rows that it changes stay locked until the transaction ends, "
    "replicas fall behind, and the table grows by what is dead then. "
    "op.backfill() works in batches that are committed, and goes on where "
    "it was stopped.",
    look=_look,
    setup=USERS,
    bad='op.execute("UPDATE users SET email = upper(email)")',
    good='op.backfill("users", {"email": "upper(email)"}, where="email <> '
    'upper(email)")',
    claim=Claim({"users": LockMode.ROW_EXCLUSIVE}, scans=frozenset({"users"})),
    elsewhere={"strong_migrations": "backfill"},
)
