"""A disabled trigger misses the rows that the application writes.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import TRIGGERED
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.effects import SwitchTrigger
from alembic_zdt.checks.staying import on_staying
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode

CHECK = Check(
    id="disable-trigger",
    severity=Severity.WARNING,
    reason="DISABLE TRIGGER affects all sessions, not only the session of the "
    "migration. Until the trigger is enabled again, it does not fire for rows that "
    "the application writes. DISABLE TRIGGER ALL also switches off the checks of "
    "foreign keys. If one transaction disables and enables the trigger, writes wait "
    "for its SHARE ROW EXCLUSIVE instead. Better let the trigger function read a "
    "setting of the session, and return early if it is set.",
    look=reporting(
        SwitchTrigger,
        lambda act, table: f"{act.description} of {table} affects all sessions",
        among=on_staying,
    ),
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
