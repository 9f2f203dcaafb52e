"""DROP TRIGGER waits for all queries of the table, and later queries wait behind it.

https://www.postgresql.org/docs/current/sql-droptrigger.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import TRIGGERED, USERS_LOCKED
from alembic_zdt.checks.held_locks import is_bounded
from alembic_zdt.checks.sql.effects import DropTrigger
from alembic_zdt.checks.staying import on_staying
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_staying(call, context, DropTrigger):
        if not is_bounded(call, context):
            table = act.table.label
            words = f"DROP TRIGGER {act.name} waits for all queries of {table}"
            yield Problem(words, act.table)


CHECK = Check(
    id="drop-trigger",
    severity=Severity.NOTE,
    reason="DROP TRIGGER takes ACCESS EXCLUSIVE for a moment, but while it waits for "
    "that, every query of the table waits behind it: set a lock_timeout before.",
    look=_look,
    setup=TRIGGERED,
    bad='op.execute("DROP TRIGGER touched ON users")',
    good="op.execute(\"SET LOCAL lock_timeout = '500ms'\")\n"
    'op.execute("DROP TRIGGER touched ON users")',
    claim=USERS_LOCKED,
)
