"""Running code still reads the column.

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
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.DropColumnOp):
        if True:
            table = table_of(op)
            words = (
                f"column {op.column_name} of {table.words} goes while code may use it"
            )
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="drop-column",
    severity=Severity.ERROR,
    reason="An ORM names every column of its model in each SELECT, so code that runs "
    "fails at once, besides the moment of ACCESS EXCLUSIVE. Drop it in a phase of its "
    "own, when no code that knows it is left.",
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
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}),
    elsewhere={"squawk": "ban-drop-column", "strong_migrations": "remove_column"},
    breaks_code=True,
)
