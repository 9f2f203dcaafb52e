"""DROP INDEX without CONCURRENTLY waits with ACCESS EXCLUSIVE on the table.

https://www.postgresql.org/docs/current/sql-dropindex.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import INDEXED
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.DropIndexOp):
        if not op.kw.get("postgresql_concurrently"):
            index = QualifiedName(str(op.index_name), op.schema)
            table = context.table_of_index(index)
            if table is None and op.table_name:
                table = table_of(op)
            words = f"the index {op.index_name} is dropped with ACCESS EXCLUSIVE"
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="drop-index",
    severity=Severity.ERROR,
    reason="DROP INDEX takes ACCESS EXCLUSIVE on the table: while it waits for that,"
    " every query of the table waits behind it.",
    look=_look,
    setup=INDEXED,
    bad='op.drop_index("ix_users_email", "users")',
    good='op.drop_index_concurrently("ix_users_email", "users")',
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}),
    elsewhere={
        "squawk": "require-concurrent-index-deletion",
        "strong_migrations": "remove_index",
    },
)
