"""A domain that gets stricter makes PostgreSQL read every table that uses it.

https://www.postgresql.org/docs/current/sql-alterdomain.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import DOMAIN
from alembic_zdt.checks.schema_state import plain
from alembic_zdt.checks.sql.effects import AlterDomain
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if not isinstance(act, AlterDomain) or not act.reads:
            continue
        if plain(act.name) not in context.known.new_types:
            words = f"{act.words} of the domain {act.name.words}"
            yield Problem(f"{words} reads all tables that have a column of it")


CHECK = Check(
    id="alter-domain",
    severity=Severity.ERROR,
    reason="ADD CONSTRAINT, SET NOT NULL and VALIDATE CONSTRAINT of a domain take "
    "SHARE on all tables with a column of it, and read them: writes wait until that "
    "is done, and NOT VALID only puts it off. A CHECK of the table itself can be "
    "validated while others write.",
    look=_look,
    setup=DOMAIN,
    bad='op.execute("ALTER DOMAIN age ADD CONSTRAINT adult CHECK (VALUE > 17)")',
    good='op.create_check_constraint_two_phase("ck_users_age", "users", "age > 17")',
    claim=Claim({"users": LockMode.SHARE}, scans=frozenset({"users"})),
    elsewhere={"squawk": "ban-alter-domain-with-add-constraint"},
)
