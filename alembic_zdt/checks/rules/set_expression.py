"""A new expression of a stored column is computed for every row.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import USERS, USERS_REWRITTEN
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.effects import SetExpression
from alembic_zdt.findings import Severity


def _is_virtual(act: SetExpression, context: CheckContext) -> bool:
    return act.column in context.known.table(act.table).virtual


CHECK = Check(
    id="set-expression",
    severity=Severity.ERROR,
    reason="SET EXPRESSION of a STORED column rewrites the table and its indexes "
    "under ACCESS EXCLUSIVE. For a VIRTUAL column (PostgreSQL 18) it reads no "
    "rows. Instead of changing a STORED column, add another column, let a trigger "
    "or the application fill it, and backfill it.",
    look=reporting(
        SetExpression,
        lambda act, table: f"{act.description} of {act.column} rewrites {table}",
        unless=_is_virtual,
    ),
    setup=USERS
    + " ALTER TABLE users ADD up text GENERATED ALWAYS AS (upper(email)) STORED;",
    bad='op.execute("ALTER TABLE users ALTER up SET EXPRESSION AS (lower(email))")',
    good="""\
# The application, or a trigger, writes the new column, and reads it after this.
op.expand_add_column("users", sa.Column("low", sa.Text()))
op.backfill("users", {"low": "lower(email)"}, where="low IS NULL")""",
    claim=USERS_REWRITTEN,
    since=17,
)
