"""A change of a column's type rewrites the table and its indexes, with few exceptions.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.checks.type_changes import is_free
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode

CHECK = Check(
    id="alter-column-type",
    severity=Severity.ERROR,
    reason="ALTER COLUMN ... TYPE rewrites the table and its indexes under ACCESS "
    "EXCLUSIVE: reads and writes wait until all rows are written. A change to a "
    "longer varchar, to text, or to a numeric with more digits needs no rewrite. Name "
    "the old type with existing_type=, so that lint can tell.",
    look=reporting(
        ops.AlterColumnOp,
        lambda op, table: (
            f"the type of {op.column_name} changes while {table} is locked"
        ),
        when=lambda op: op.modify_type is not None,
        unless=is_free,
        suggestion=instead_of,
    ),
    setup=USERS,
    bad='op.alter_column("users", "id", type_=sa.BigInteger())',
    good=(
        """\
# 1. Before the deploy.
op.expand_alter_column_type("users", "id", sa.BigInteger())""",
        """\
# 2. Before the deploy.
op.migrate_alter_column_type("users", "id", sa.BigInteger())""",
        """\
# 3. After every old process is gone.
op.contract_alter_column_type("users", "id", sa.BigInteger())""",
    ),
    claim=Claim(
        {"users": LockMode.ACCESS_EXCLUSIVE},
        rewrites=frozenset({"users"}),
    ),
    elsewhere={
        "squawk": "changing-column-type",
        "strong_migrations": "change_column",
        "eugene": "E5",
    },
)
