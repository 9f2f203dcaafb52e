"""A primary key builds its index under ACCESS EXCLUSIVE.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, called, on_used, table_of
from alembic_zdt.checks.examples import WITHOUT_KEY
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreatePrimaryKeyOp):
        if True:
            table = table_of(op)
            words = (
                f"the primary key {called(op.constraint_name)} of {table.words} is "
                "made under ACCESS EXCLUSIVE"
            )
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-primary-key",
    severity=Severity.ERROR,
    reason="ADD PRIMARY KEY reads the table for NULLs and builds an index, both "
    "under ACCESS EXCLUSIVE: reads and writes wait until it is built.",
    look=_look,
    setup=WITHOUT_KEY,
    bad='op.create_primary_key("pk_users", "users", ["id"])',
    good='op.create_primary_key_concurrently("pk_users", "users", ["id"])',
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, scans=frozenset({"users"})),
    elsewhere={"squawk": "adding-serial-primary-key-field"},
)
