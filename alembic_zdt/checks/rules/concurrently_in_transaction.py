"""CONCURRENTLY fails in the transaction of a revision.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, called, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.recording.call import AUTOCOMMIT, Call


def _look(call: Call, _around: CheckContext) -> Iterator[Problem]:
    for op in call.acts:
        if not isinstance(op, ops.CreateIndexOp | ops.DropIndexOp):
            continue
        is_concurrent = op.kw.get("postgresql_concurrently")
        if is_concurrent and call.transaction != AUTOCOMMIT:
            table = table_of(op) if op.table_name else None
            words = (
                f"CONCURRENTLY of {called(op.index_name)} cannot run in a transaction"
            )
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="concurrently-in-transaction",
    severity=Severity.ERROR,
    reason="Alembic runs each revision in a transaction, in which PostgreSQL refuses"
    " CONCURRENTLY. Our directives leave it by themselves; Alembic's need "
    "op.get_context().autocommit_block().",
    look=_look,
    setup=USERS,
    bad='op.create_index("ix", "users", ["email"], postgresql_concurrently=True)',
    good='op.create_index_concurrently("ix", "users", ["email"])',
    claim=Claim({}, fails="25001"),
    elsewhere={"squawk": "ban-concurrent-index-creation-in-transaction"},
)
