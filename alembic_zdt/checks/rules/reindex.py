"""REINDEX without CONCURRENTLY stops writes, and most reads.

https://www.postgresql.org/docs/current/sql-reindex.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import INDEXED
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.effects import Reindex
from alembic_zdt.checks.suggestions.safe_calls import ready
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.calls.written_call import written_call


def _concurrently(act: Reindex) -> str:
    schema = {"schema": act.table.schema} if act.table.schema else {}
    if act.description == "REINDEX INDEX":
        return written_call("reindex_concurrently", (act.table.name,), schema)
    table = {"table_name": act.table.name}
    return written_call("reindex_concurrently", (), table | schema)


CHECK = Check(
    id="reindex",
    severity=Severity.ERROR,
    reason="REINDEX takes SHARE on the table and ACCESS EXCLUSIVE on the index. "
    "Writes wait until the index is built. Reads of the table wait, too, because the "
    "planner has to look at each index.",
    look=reporting(
        Reindex,
        lambda act, table: (
            f"{act.description} {table} stops writes until the index is built"
        ),
        suggestion=lambda act, _context: ready(act, _concurrently(act)),
    ),
    setup=INDEXED,
    bad='op.execute("REINDEX INDEX ix_users_email")',
    good='op.reindex_concurrently("ix_users_email")',
    claim=Claim({"users": LockMode.SHARE}, scans=frozenset({"users"})),
    elsewhere={"squawk": "require-concurrent-reindex"},
)
