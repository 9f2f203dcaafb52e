"""Running code may read a NULL from a column that has never had one.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, table_of
from alembic_zdt.checks.examples import REQUIRED, USERS_LOCKED
from alembic_zdt.checks.staying import on_staying
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_staying(call, context, ops.AlterColumnOp):
        if op.modify_nullable and not _is_harmless(op, call, context):
            table = table_of(op)
            words = f"{op.column_name} of {table.label} may be NULL from now on"
            yield Problem(words, table, instead_of(op, context))


def _is_harmless(op: ops.AlterColumnOp, call: Call, context: CheckContext) -> bool:
    """Check whether no code can read a NULL that it could not read before."""
    table, column = table_of(op), op.column_name
    known = context.known.table(table)
    is_nullable = context.known.is_nullable(table, column)
    return (
        bool(op.existing_nullable if is_nullable is None else is_nullable)
        or column in known.made
        or context.following.sets_not_null(call, table, column)
    )


CHECK = Check(
    id="drop-not-null",
    severity=Severity.WARNING,
    reason="Running code expects a value in the column. First deploy code that can "
    "read NULL, and write the first NULL only after that. DROP NOT NULL takes ACCESS "
    "EXCLUSIVE for a moment.",
    look=_look,
    setup=REQUIRED,
    bad='op.alter_column("users", "email", nullable=True)',
    good="""\
# After every old process is gone: new code can read NULL in users.email.
op.drop_not_null("users", "email")""",
    claim=USERS_LOCKED,
    elsewhere={"squawk": "ban-drop-not-null"},
)
