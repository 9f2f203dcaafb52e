"""COMMIT in a revision ends Alembic's transaction without Alembic's knowledge.

https://www.postgresql.org/docs/current/sql-commit.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import ControlTransaction
from alembic_zdt.recording.call import AUTOCOMMIT, Call


def _look(call: Call, _around: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if isinstance(act, ControlTransaction) and call.transaction != AUTOCOMMIT:
            yield Problem(f"{act.words} past Alembic, which has a transaction open")


CHECK = Check(
    id="control-transaction",
    severity=Severity.ERROR,
    reason="Alembic and SQLAlchemy believe that their transaction goes on, so what "
    "follows is committed statement by statement, or not at all; psycopg 3 and asyncpg "
    "may refuse it. op.get_context().autocommit_block() leaves the transaction.",
    look=_look,
    setup=USERS,
    bad='op.execute("COMMIT")',
    good='with op.get_context().autocommit_block():\n    op.execute("ANALYZE users")',
    elsewhere={"squawk": "transaction-nesting"},
)
