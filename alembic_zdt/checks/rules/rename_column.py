"""Running code does not find a column under its new name.

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
    for op in on_used(call, context, ops.AlterColumnOp):
        if op.modify_name is not None:
            table = table_of(op)
            words = (
                f"column {op.column_name} of {table.words} gets another name at once"
            )
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="rename-column",
    severity=Severity.ERROR,
    reason="Code that is running knows the old name, new code the new one; one of "
    "them fails until the deploy is done, whatever the lock (ACCESS "
    "EXCLUSIVE, for a moment).",
    look=_look,
    setup=USERS,
    bad='op.alter_column("users", "email", new_column_name="address")',
    good=(
        """\
# 1. Before the deploy of code that uses the new name.
op.expand_rename_column("users", "email", "address")""",
        """\
# 2. Before the deploy, too.
op.migrate_rename_column("users", "email", "address")""",
        """\
# 3. After every old process is gone.
op.contract_rename_column("users", "email", "address")""",
    ),
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}),
    elsewhere={"squawk": "renaming-column", "strong_migrations": "rename_column"},
    breaks_code=True,
)
