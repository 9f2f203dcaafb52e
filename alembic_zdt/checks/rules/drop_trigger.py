"""DROP TRIGGER waits for all queries of the table, and later queries wait behind it.

https://www.postgresql.org/docs/current/sql-droptrigger.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.around import Around, on_used
from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.examples import TRIGGERED
from alembic_zdt.checks.held import is_bounded
from alembic_zdt.checks.recording.call import Call
from alembic_zdt.checks.sql.acts import DropTrigger
from alembic_zdt.locks import LockMode


def _look(call: Call, around: Around) -> Iterator[Problem]:
    for act in on_used(call, around, DropTrigger):
        if not is_bounded(call, around):
            table = act.table.words
            words = f"DROP TRIGGER {act.name} waits for all queries of {table}"
            yield Problem(words, act.table)


CHECK = Check(
    id="drop-trigger",
    severity=Severity.ADVICE,
    reason="DROP TRIGGER takes ACCESS EXCLUSIVE for a moment, but while it waits for "
    "that, every query of the table waits behind it: set a lock_timeout before.",
    look=_look,
    setup=TRIGGERED,
    bad='op.execute("DROP TRIGGER touched ON users")',
    good="op.execute(\"SET LOCAL lock_timeout = '500ms'\")\n"
    'op.execute("DROP TRIGGER touched ON users")',
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}),
)
