"""A new stored generated column rewrites the table.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.examples import USERS, USERS_REWRITTEN
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity


def _is_stored(op: ops.AddColumnOp) -> bool:
    computed = op.column.computed
    return computed is not None and computed.persisted is not False


CHECK = Check(
    id="add-column-stored-generated",
    severity=Severity.ERROR,
    reason="PostgreSQL computes GENERATED ALWAYS AS ... STORED for every row at once, "
    "under ACCESS EXCLUSIVE. An ordinary column, which a trigger or the application "
    "fills, needs no rewrite.",
    look=reporting(
        ops.AddColumnOp,
        lambda op, table: f"the generated column {op.column.name} rewrites {table}",
        when=_is_stored,
        suggestion=instead_of,
    ),
    setup=USERS,
    bad='op.add_column("users", sa.Column("up", sa.Text(), '
    'sa.Computed("upper(email)", persisted=True)))',
    good="""\
# The application, or a trigger, writes the column from now on.
op.expand_add_column("users", sa.Column("up", sa.Text()))
op.backfill("users", {"up": "upper(email)"}, where="up IS NULL")""",
    claim=USERS_REWRITTEN,
    elsewhere={
        "squawk": "adding-field-with-default",
        "strong_migrations": "add_column_generated_stored",
        "eugene": "E11",
    },
)
