"""Running code does not find a table under its new name.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import MoveTable
from alembic_zdt.checks.suggestions import ready
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call
from alembic_zdt.workflows.rename_table.expand import ExpandRenameTableOp


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.RenameTableOp):
        table = table_of(op)
        safe = ExpandRenameTableOp(op.table_name, op.new_table_name, schema=op.schema)
        words = f"table {table.words} gets another name at once"
        yield Problem(words, table, ready(op, safe.call))
    for act in on_used(call, context, MoveTable):
        if act.words == "SET SCHEMA":
            words = f"table {act.table.words} moves to another schema"
        else:
            words = f"view {act.table.words} gets another name at once"
        yield Problem(words, act.table)


CHECK = Check(
    id="rename-table",
    severity=Severity.ERROR,
    reason="Code that is running knows the old name, new code the new one; one of them "
    "fails until the deploy is done, whatever the lock (ACCESS EXCLUSIVE, for a "
    "moment). A view keeps the old name alive for that time.",
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
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}),
    elsewhere={"squawk": "renaming-table", "strong_migrations": "rename_table"},
    breaks_code=True,
)
