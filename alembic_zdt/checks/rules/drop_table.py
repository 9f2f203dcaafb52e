"""Running code still uses the table.

https://www.postgresql.org/docs/current/sql-droptable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import DropSchema
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.DropTableOp):
        if True:
            table = table_of(op)
            words = f"table {table.words} goes while code may use it"
            yield Problem(words, table, instead_of(op))
    for act in call.acts:
        if isinstance(act, DropSchema):
            yield Problem(
                f"schema {act.name} goes with its tables while code may use them"
            )


CHECK = Check(
    id="drop-table",
    severity=Severity.ERROR,
    reason="DROP TABLE takes ACCESS EXCLUSIVE on the table and, all at once, on each"
    " that its foreign keys refer to. Drop it in a phase of its own, when no "
    "code that knows it is left.",
    look=_look,
    setup=USERS,
    bad='op.drop_table("users")',
    good="""\
# After every process that uses the table is gone.
op.contract_drop_table("users")""",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}),
    elsewhere={"squawk": "ban-drop-table"},
    breaks_code=True,
)
