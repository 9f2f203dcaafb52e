"""Code that leaves the column out relies on its default.

A new default changes the meaning of such code, too, but on purpose, so it is not
reported.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, table_of
from alembic_zdt.checks.examples import DEFAULTED, USERS_LOCKED
from alembic_zdt.checks.staying import on_staying
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_staying(call, context, ops.AlterColumnOp):
        table, column = table_of(op), op.column_name
        if op.modify_server_default is not None or op.existing_server_default is None:
            continue
        is_unknown_to_code = column in context.known.table(table).added
        if is_unknown_to_code or context.following.sets_default(call, table, column):
            continue
        words = f"{column} of {table.label} loses its default"
        yield Problem(words, table, instead_of(op, context))


CHECK = Check(
    id="drop-default",
    severity=Severity.WARNING,
    reason="From then on, an INSERT that does not name the column writes NULL, or "
    "fails if the column is NOT NULL. First deploy code that always writes a value. "
    "DROP DEFAULT takes ACCESS EXCLUSIVE for a moment.",
    look=_look,
    setup=DEFAULTED,
    bad='op.alter_column("users", "email", server_default=None)',
    good="""\
# After every old process is gone: new code writes users.email in each INSERT.
op.alter_column_safely("users", "email", server_default=None)""",
    claim=USERS_LOCKED,
    elsewhere={
        "squawk": "ban-drop-default",
        "strong_migrations": "change_column_default",
    },
)
