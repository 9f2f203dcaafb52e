"""CREATE INDEX without CONCURRENTLY stops writes until the index is built.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext, called, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreateIndexOp):
        if not op.kw.get("postgresql_concurrently"):
            table = table_of(op)
            name = called(op.index_name)
            words = f"the index {name} is built while writes of {table.label} wait"
            yield Problem(words, table, instead_of(op, context))


CHECK = Check(
    id="create-index",
    severity=Severity.ERROR,
    reason="CREATE INDEX takes SHARE on the table and reads all of it: every INSERT,"
    " UPDATE and DELETE waits until the index is built.",
    look=_look,
    setup=USERS,
    bad='op.create_index("ix_users_email", "users", ["email"])',
    good='op.create_index_concurrently("ix_users_email", "users", ["email"])',
    claim=Claim({"users": LockMode.SHARE}, scans=frozenset({"users"})),
    elsewhere={
        "squawk": "require-concurrent-index-creation",
        "strong_migrations": "add_index",
        "eugene": "E6",
    },
)
