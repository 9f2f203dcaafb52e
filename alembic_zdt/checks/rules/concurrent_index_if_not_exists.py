"""IF NOT EXISTS accepts an INVALID index as the wanted one.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.context import called
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity

CHECK = Check(
    id="concurrent-index-if-not-exists",
    severity=Severity.WARNING,
    reason="An interrupted CREATE INDEX CONCURRENTLY leaves an INVALID index, which "
    "every write maintains and no query uses. IF NOT EXISTS looks at the name alone, "
    "so the next run keeps that index. op.create_index_concurrently() drops an "
    "INVALID index and builds a new one.",
    look=reporting(
        ops.CreateIndexOp,
        lambda op, _table: (
            f"the index {called(op.index_name)} may exist already, and be INVALID"
        ),
        when=lambda op: op.kw.get("postgresql_concurrently") and op.if_not_exists,
        suggestion=instead_of,
    ),
    setup=USERS,
    bad="with op.get_context().autocommit_block():\n"
    '    op.create_index("ix_users_email", "users", ["email"], if_not_exists=True, '
    "postgresql_concurrently=True)",
    good='op.create_index_concurrently("ix_users_email", "users", ["email"])',
)
