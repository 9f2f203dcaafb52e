"""Running code does not find a table under its new name.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS, USERS_LOCKED
from alembic_zdt.checks.sql.effects import MoveTable
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.RenameTableOp):
        table = table_of(op)
        words = f"table {table.label} is renamed in one step"
        yield Problem(words, table, instead_of(op, context))
    for act in on_used(call, context, MoveTable):
        if act.description == "SET SCHEMA":
            words = f"table {act.table.label} moves to another schema"
        else:
            words = f"view {act.table.label} is renamed in one step"
        yield Problem(words, act.table)


CHECK = Check(
    id="rename-table",
    severity=Severity.ERROR,
    reason="Running code knows the old name, new code the new name. One of the two "
    "fails until the deploy is done, although the lock (ACCESS EXCLUSIVE) is held "
    "only for a moment. A view under the old name lets running code go on until then.",
    look=_look,
    setup=USERS,
    bad='op.rename_table("users", "people")',
    good=(
        """\
# 1. Before the deploy of code that uses the new name.
op.expand_rename_table("users", "people")""",
        """\
# 2. After every old process is gone.
op.contract_rename_table("users", "people")""",
    ),
    claim=USERS_LOCKED,
    elsewhere={"squawk": "renaming-table", "strong_migrations": "rename_table"},
    breaks_code=True,
)
