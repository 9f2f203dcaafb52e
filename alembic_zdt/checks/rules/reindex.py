"""REINDEX without CONCURRENTLY stops writes, and planning of reads.

https://www.postgresql.org/docs/current/sql-reindex.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import INDEXED
from alembic_zdt.checks.sql.effects import Reindex
from alembic_zdt.checks.suggestions import ready
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.written_call import written_call
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, Reindex):
        words = f"{act.words} {act.table.words} stops writes until the index is built"
        yield Problem(words, act.table, ready(act, _concurrently(act)))


def _concurrently(act: Reindex) -> str:
    schema = {"schema": act.table.schema} if act.table.schema else {}
    if act.words == "REINDEX INDEX":
        return written_call("reindex_concurrently", (act.table.name,), schema)
    table = {"table_name": act.table.name}
    return written_call("reindex_concurrently", (), table | schema)


CHECK = Check(
    id="reindex",
    severity=Severity.ERROR,
    reason="REINDEX takes SHARE on the table and ACCESS EXCLUSIVE on the index: "
    "writes wait until it is built, and so does the planner for each query "
    "of the table.",
    look=_look,
    setup=INDEXED,
    bad='op.execute("REINDEX INDEX ix_users_email")',
    good='op.reindex_concurrently("ix_users_email")',
    claim=Claim({"users": LockMode.SHARE}, scans=frozenset({"users"})),
    elsewhere={"squawk": "require-concurrent-reindex"},
)
