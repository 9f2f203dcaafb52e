"""CONCURRENTLY fails in the transaction of a revision.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext, called, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import ControlTransaction
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import AUTOCOMMIT, Call

_UNAWARE = frozenset({"asyncpg", "psycopg2"})
"""Drivers that do not notice a COMMIT sent as text, so that no transaction is open.

psycopg 3 asks libpq before each statement, and begins another one.
"""


def _is_ended(call: Call, around: CheckContext) -> bool:
    """Check whether SQL of this revision has ended the transaction of a call."""
    verbs = [
        act.description
        for earlier in around.earlier
        for act in earlier.acts
        if isinstance(act, ControlTransaction)
        and earlier.transaction == call.transaction
    ]
    return bool(verbs) and verbs[-1] in {"COMMIT", "ROLLBACK"}


def _look(call: Call, around: CheckContext) -> Iterator[Problem]:
    for op in call.acts:
        if not isinstance(op, ops.CreateIndexOp | ops.DropIndexOp):
            continue
        is_concurrent = op.kw.get("postgresql_concurrently")
        if is_concurrent and call.transaction != AUTOCOMMIT:
            is_ended = _is_ended(call, around)
            if is_ended and around.driver in _UNAWARE:
                continue  # control-transaction reports the COMMIT
            table = table_of(op) if op.table_name else None
            words = (
                f"CONCURRENTLY of {called(op.index_name)} cannot run in a transaction"
            )
            if is_ended:
                words += ", and psycopg 3 begins a new transaction after COMMIT"
            yield Problem(words, table, instead_of(op, around))


CHECK = Check(
    id="concurrently-in-transaction",
    severity=Severity.ERROR,
    reason="Alembic runs each revision in a transaction, in which PostgreSQL refuses "
    "CONCURRENTLY. Directives leave the transaction by themselves. Alembic's own "
    "operations need op.get_context().autocommit_block().",
    look=_look,
    setup=USERS,
    bad='op.create_index("ix", "users", ["email"], postgresql_concurrently=True)',
    good='op.create_index_concurrently("ix", "users", ["email"])',
    claim=Claim({}, fails="25001"),
    elsewhere={"squawk": "ban-concurrent-index-creation-in-transaction"},
)
