"""Code that leaves the column out relies on its default.

A new default changes the meaning of such code, too, but on purpose, so it is not
reported.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import DEFAULTED
from alembic_zdt.checks.suggestions import ready
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.alter_column import AlterColumnSafelyOp
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AlterColumnOp):
        table = table_of(op)
        is_unknown_to_code = op.column_name in context.known.table(table).added
        if op.modify_server_default is None and not is_unknown_to_code:
            words = f"{op.column_name} of {table.words} has no default any more"
            yield Problem(words, table, ready(op, _safe(op)))


def _safe(op: ops.AlterColumnOp) -> str:
    return AlterColumnSafelyOp(
        op.table_name, op.column_name, server_default=None, schema=op.schema
    ).call


CHECK = Check(
    id="drop-default",
    severity=Severity.WARNING,
    reason="An INSERT that does not name the column gets NULL from then on, or fails "
    "where that is not allowed. Deploy code that always writes a value first. The lock "
    "is ACCESS EXCLUSIVE, for a moment.",
    look=_look,
    setup=DEFAULTED,
    bad='op.alter_column("users", "email", server_default=None)',
    good="""\
# After every process that runs writes users.email in each INSERT.
op.alter_column_safely("users", "email", server_default=None)""",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}),
    elsewhere={
        "squawk": "ban-drop-default",
        "strong_migrations": "change_column_default",
    },
)
