"""Row security decides which rows running code still sees.

https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import AlterPolicy
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, AlterPolicy):
        words = f"{act.words} changes which rows of {act.table.words} code sees"
        yield Problem(words, act.table)


CHECK = Check(
    id="alter-policy",
    severity=Severity.WARNING,
    reason="A policy takes ACCESS EXCLUSIVE for a moment, and then decides which rows "
    "are seen and may be written: where row security is on and no policy lets a row "
    "pass, there is none. Make policies first, try them as the application's role, and "
    "switch row security on in a revision of its own.",
    look=_look,
    setup=USERS,
    bad='op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")',
    good=(
        """\
# 1. The policy has no effect yet.
op.execute("SET LOCAL lock_timeout = '200ms'")
with op.safety_assured("row security is still off"):
    op.execute("CREATE POLICY own ON users USING (email = CURRENT_USER)")""",
        """\
# 2. After queries of the application's role were tried with the policy.
op.execute("SET LOCAL lock_timeout = '200ms'")
with op.safety_assured("tried as the application's role"):
    op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")""",
    ),
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}),
)
