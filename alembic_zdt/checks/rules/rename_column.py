"""Running code does not find a column under its new name.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_LOCKED
from alembic_zdt.checks.looks import has_new_column, reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity

CHECK = Check(
    id="rename-column",
    severity=Severity.ERROR,
    reason="Running code knows the old name, new code the new name. One of the two "
    "fails until the deploy is done, although the lock (ACCESS EXCLUSIVE) is held "
    "only for a moment.",
    look=reporting(
        ops.AlterColumnOp,
        lambda op, table: f"column {op.column_name} of {table} is renamed in one step",
        when=lambda op: op.modify_name is not None,
        unless=has_new_column,
        suggestion=instead_of,
    ),
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
    claim=USERS_LOCKED,
    elsewhere={"squawk": "renaming-column", "strong_migrations": "rename_column"},
    breaks_code=True,
)
