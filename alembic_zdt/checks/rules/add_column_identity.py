"""A new identity column rewrites the table.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.stock import is_serial
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AddColumnOp):
        if op.column.identity is not None or is_serial(op.column):
            table = table_of(op)
            words = f"the identity column {op.column.name} rewrites {table.words}"
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-column-identity",
    severity=Severity.ERROR,
    reason="PostgreSQL numbers the existing rows at once: the table and its indexes "
    "are rewritten under ACCESS EXCLUSIVE.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("no", sa.BigInteger(), '
    "sa.Identity(), nullable=False))",
    good='op.expand_add_column("users", sa.Column("no", sa.BigInteger(), '
    "sa.Identity(), nullable=False))",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, rewrites=frozenset({"users"})),
    elsewhere={
        "squawk": "adding-field-with-default",
        "strong_migrations": "add_column_auto_incrementing",
        "eugene": "E11",
    },
)
