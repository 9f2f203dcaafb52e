"""IF NOT EXISTS takes an INVALID index for the one that is wanted.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.context import CheckContext, called, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreateIndexOp):
        if op.kw.get("postgresql_concurrently") and op.if_not_exists:
            name = called(op.index_name)
            words = f"the index {name} may be there already, and be INVALID"
            yield Problem(words, table_of(op), instead_of(op))


CHECK = Check(
    id="concurrent-index-if-not-exists",
    severity=Severity.WARNING,
    reason="CREATE INDEX CONCURRENTLY that was interrupted leaves an INVALID index, "
    "which every write maintains and no query uses. IF NOT EXISTS looks at the name "
    "alone, so the next run is content with it. op.create_index_concurrently() drops "
    "such a leftover and builds the index.",
    look=_look,
    setup=USERS,
    bad="with op.get_context().autocommit_block():\n"
    '    op.create_index("ix_users_email", "users", ["email"], if_not_exists=True, '
    "postgresql_concurrently=True)",
    good='op.create_index_concurrently("ix_users_email", "users", ["email"])',
)
