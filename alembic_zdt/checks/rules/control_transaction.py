"""COMMIT in a revision ends Alembic's transaction without Alembic's knowledge.

https://www.postgresql.org/docs/current/sql-commit.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import ControlTransaction
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import AUTOCOMMIT, Call

_ALONE = "each later statement of the revision is committed alone"
_MEANING = {
    "asyncpg": f": with asyncpg, {_ALONE}",
    "psycopg": ": psycopg 3 begins another transaction with the next statement",
    "psycopg2": f": with psycopg2, {_ALONE}",
}
"""The effect of each driver if it does not know that its transaction has ended."""


def _look(call: Call, around: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if isinstance(act, ControlTransaction) and call.transaction != AUTOCOMMIT:
            is_end = act.description in {"COMMIT", "ROLLBACK"}
            meaning = _MEANING.get(around.driver, "") if is_end else ""
            words = f"{act.description} bypasses Alembic, which has a transaction open"
            yield Problem(f"{words}{meaning}")


CHECK = Check(
    id="control-transaction",
    severity=Severity.ERROR,
    reason="Alembic and SQLAlchemy do not know that their transaction has ended. With "
    "psycopg2 and asyncpg each later statement is committed at once, and stays "
    "committed if another one fails. psycopg 3 begins another transaction, in which "
    "CONCURRENTLY fails. Use op.get_context().autocommit_block() to leave the "
    "transaction.",
    look=_look,
    setup=USERS,
    bad='op.execute("COMMIT")',
    good='with op.get_context().autocommit_block():\n    op.execute("ANALYZE users")',
    elsewhere={"squawk": "transaction-nesting"},
)
