"""Row security decides which rows running code still sees.

https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_LOCKED
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.effects import AlterPolicy
from alembic_zdt.checks.staying import on_staying
from alembic_zdt.findings import Severity

CHECK = Check(
    id="alter-policy",
    severity=Severity.WARNING,
    reason="The statement takes ACCESS EXCLUSIVE for a moment. From then on, policies "
    "decide which rows a role sees and may write. If row security is on, a role "
    "without a policy sees no row. Create the policies first and try them as the "
    "application's role. Then switch row security on in another revision.",
    look=reporting(
        AlterPolicy,
        lambda act, table: (
            f"{act.description} changes which rows of {table} are visible to code"
        ),
        among=on_staying,
    ),
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
    claim=USERS_LOCKED,
)
