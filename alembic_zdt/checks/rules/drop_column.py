"""Running code still reads the column.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, table_of
from alembic_zdt.checks.examples import USERS, USERS_LOCKED
from alembic_zdt.checks.looks import has_new_column
from alembic_zdt.checks.staying import on_staying
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_staying(call, context, ops.DropColumnOp):
        table, name = table_of(op), op.column_name
        if has_new_column(op, context):
            continue
        if context.following.takes_name(call, table, name):
            words = f"another column replaces {name} of {table.label} at once"
            yield Problem(words, table)
        else:
            words = f"column {name} of {table.label} is dropped while code may use it"
            yield Problem(words, table, instead_of(op, context))


CHECK = Check(
    id="drop-column",
    severity=Severity.ERROR,
    reason="An ORM names every column of its model in each SELECT, so running code "
    "fails at once. The drop takes ACCESS EXCLUSIVE for a moment. Drop the column in "
    "a later phase, when no code that knows the column is running.",
    look=_look,
    setup=USERS,
    bad='op.drop_column("users", "email")',
    good=(
        """\
# 1. Before the deploy of code whose models do not have users.email.
op.expand_drop_column("users", "email")""",
        """\
# 2. After every old process is gone.
op.contract_drop_column("users", "email")""",
    ),
    claim=USERS_LOCKED,
    elsewhere={"squawk": "ban-drop-column", "strong_migrations": "remove_column"},
    breaks_code=True,
)
