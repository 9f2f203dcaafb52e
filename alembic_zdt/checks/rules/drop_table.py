"""Running code still uses the table.

https://www.postgresql.org/docs/current/sql-droptable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS, USERS_LOCKED
from alembic_zdt.checks.sql.effects import DropSchema
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.DropTableOp):
        table = table_of(op)
        words = f"table {table.label} is dropped while code may use it"
        yield Problem(words, table, instead_of(op, context))
    for act in call.acts:
        if isinstance(act, DropSchema):
            yield Problem(
                f"schema {act.name} is dropped with its tables while code may use them"
            )


CHECK = Check(
    id="drop-table",
    severity=Severity.ERROR,
    reason="DROP TABLE takes ACCESS EXCLUSIVE on the table, and at the same time on "
    "each table that its foreign keys refer to. Drop the table in a later phase, when "
    "no code that uses the table is running.",
    look=_look,
    setup=USERS,
    bad='op.drop_table("users")',
    good="""\
# After every process that uses the table is gone.
op.contract_drop_table("users")""",
    claim=USERS_LOCKED,
    elsewhere={"squawk": "ban-drop-table"},
    breaks_code=True,
)
