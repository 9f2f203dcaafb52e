"""A disabled trigger misses the rows that the application writes.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import TRIGGERED
from alembic_zdt.checks.sql.effects import SwitchTrigger
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, SwitchTrigger):
        words = f"{act.words} of {act.table.words} is for all sessions"
        yield Problem(words, act.table)


CHECK = Check(
    id="disable-trigger",
    severity=Severity.WARNING,
    reason="DISABLE TRIGGER is for all sessions, not for this one: rows that the "
    "application writes until it is enabled again go past it, with ALL past foreign "
    "keys, too. In one transaction writes wait instead, for SHARE ROW EXCLUSIVE. Let "
    "the function look at a setting of the session, and return.",
    look=_look,
    setup=TRIGGERED,
    bad='op.execute("ALTER TABLE users DISABLE TRIGGER touched")',
    good="""\
op.execute(
    "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS '"
    "BEGIN"
    "  IF current_setting(''shop.bulk'', true) = ''on'' THEN RETURN NEW; END IF;"
    "  NEW.email = lower(NEW.email);"
    "  RETURN NEW; "
    "END'"
)
op.execute("SET LOCAL shop.bulk = 'on'")  # for this transaction alone""",
    claim=Claim({"users": LockMode.SHARE_ROW_EXCLUSIVE}),
)
