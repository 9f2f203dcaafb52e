"""CREATE TRIGGER waits for all writes of the table, and later writes wait behind it.

https://www.postgresql.org/docs/current/sql-createtrigger.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import TRIGGERED
from alembic_zdt.checks.held_locks import is_bounded
from alembic_zdt.checks.sql.effects import CreateTrigger
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, CreateTrigger):
        if not is_bounded(call, context):
            words = f"the trigger {act.name} makes writes of {act.table.label} wait"
            yield Problem(words, act.table)


CHECK = Check(
    id="create-trigger",
    severity=Severity.NOTE,
    reason="CREATE TRIGGER takes SHARE ROW EXCLUSIVE for a moment. While it waits for "
    "this lock, all writes of the table wait behind it, so set a lock_timeout before. "
    "Once the trigger exists, its function also runs with each write of running code.",
    look=_look,
    setup=TRIGGERED,
    bad='op.execute("CREATE TRIGGER seen BEFORE INSERT ON users '
    'FOR EACH ROW EXECUTE FUNCTION touch()")',
    good="op.execute(\"SET LOCAL lock_timeout = '500ms'\")\n"
    'op.execute("CREATE TRIGGER seen BEFORE INSERT ON users '
    'FOR EACH ROW EXECUTE FUNCTION touch()")',
    claim=Claim({"users": LockMode.SHARE_ROW_EXCLUSIVE}),
)
