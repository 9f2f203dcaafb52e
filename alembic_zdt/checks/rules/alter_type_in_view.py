"""The type of a column that a view uses cannot be changed.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import VIEWED
from alembic_zdt.findings import Severity
from alembic_zdt.oracle import questions
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AlterColumnOp):
        if op.modify_type is None:
            continue
        table = table_of(op)
        views = context.ask(questions.views_of_column, table, op.column_name)
        if views:
            words = f"the type of {op.column_name} of {table.label} cannot change:"
            use = "use it" if len(views) > 1 else "uses it"
            yield Problem(f"{words} {', '.join(views)} {use}", table)


CHECK = Check(
    id="alter-type-in-view",
    severity=Severity.ERROR,
    reason="PostgreSQL refuses ALTER COLUMN ... TYPE while a view or a materialized "
    "view uses the column. Add a column of the new type under another name. Let the "
    "view read the new column, then drop the old one.",
    look=_look,
    setup=VIEWED,
    bad='op.alter_column("users", "email", type_=sa.String(99))',
    good=(
        """\
# 1. Before the deploy of code that writes both columns.
op.expand_add_column("users", sa.Column("address", sa.String(99)))""",
        """\
# 2. When every running process writes both; the view keeps its name and its type.
op.backfill(
    "users", {"address": "email"}, where="address IS NULL AND email IS NOT NULL"
)
op.execute(
    "CREATE OR REPLACE VIEW addresses AS"
    " SELECT CAST(address AS text) AS email FROM users"
)""",
        """\
# 3. After every process that uses users.email is gone.
op.contract_drop_column("users", "email")""",
    ),
    claim=Claim({}, fails="0A000"),
    asks=True,
)
