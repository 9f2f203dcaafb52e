"""Another expression of a stored column is computed for every row.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import SetExpression
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, SetExpression):
        if act.column not in context.known.table(act.table).virtual:
            words = f"{act.words} of {act.column} rewrites {act.table.words}"
            yield Problem(words, act.table)


CHECK = Check(
    id="set-expression",
    severity=Severity.ERROR,
    reason="SET EXPRESSION of a STORED column rewrites the table and its indexes "
    "under ACCESS EXCLUSIVE; of a VIRTUAL one (PostgreSQL 18) it is done in a "
    "moment. Add another column, let a trigger or the application fill it, and backfill"
    " it.",
    look=_look,
    setup=USERS
    + " ALTER TABLE users ADD up text GENERATED ALWAYS AS (upper(email)) STORED;",
    bad='op.execute("ALTER TABLE users ALTER up SET EXPRESSION AS (lower(email))")',
    good="""\
# The application, or a trigger, writes the new column, and reads it after this.
op.expand_add_column("users", sa.Column("low", sa.Text()))
op.backfill("users", {"low": "lower(email)"}, where="low IS NULL")""",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, rewrites=frozenset({"users"})),
    since=17,
)
