"""Code that reads the column may get a NULL, which it has never seen.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import REQUIRED
from alembic_zdt.checks.suggestions import ready
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.not_null import DropNotNullOp
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AlterColumnOp):
        if op.modify_nullable:
            table = table_of(op)
            words = f"{op.column_name} of {table.words} may be NULL from now on"
            safe = DropNotNullOp(table.name, op.column_name, schema=table.schema)
            yield Problem(words, table, ready(op, safe.call))


CHECK = Check(
    id="drop-not-null",
    severity=Severity.WARNING,
    reason="Code that is running expects a value in the column. Deploy code that can "
    "read NULL first, and write the first NULL only after that. The lock is ACCESS "
    "EXCLUSIVE, for a moment.",
    look=_look,
    setup=REQUIRED,
    bad='op.alter_column("users", "email", nullable=True)',
    good="""\
# After every process that runs can read NULL in users.email.
op.drop_not_null("users", "email")""",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}),
    elsewhere={"squawk": "ban-drop-not-null"},
)
