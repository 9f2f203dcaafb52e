"""A foreign key of a new column reads the table while both tables are locked.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import TEAMS
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode


def _is_in_a_statement_of_its_own(op: ops.AddColumnOp) -> bool:
    return bool(op.column.foreign_keys) and not getattr(op, "inline_references", None)


CHECK = Check(
    id="add-column-foreign-key",
    severity=Severity.ERROR,
    reason="Alembic adds the foreign key in a second statement of the transaction. "
    "That statement reads the table while ADD COLUMN still holds ACCESS EXCLUSIVE, "
    "and holds SHARE ROW EXCLUSIVE on the referenced table.",
    look=reporting(
        ops.AddColumnOp,
        lambda op, table: (
            f"the foreign key of column {op.column.name} reads all of {table}"
        ),
        when=_is_in_a_statement_of_its_own,
        suggestion=instead_of,
    ),
    setup=TEAMS,
    bad='op.add_column("users", sa.Column("team", sa.Integer(), '
    'sa.ForeignKey("teams.id")))',
    good='op.expand_add_column("users", sa.Column("team", sa.Integer()))\n'
    'op.create_foreign_key_two_phase("users_team_fkey", "users", '
    '"teams", ["team"], ["id"])',
    claim=Claim(
        {"users": LockMode.ACCESS_EXCLUSIVE, "teams": LockMode.SHARE_ROW_EXCLUSIVE},
        scans=frozenset({"users"}),
    ),
    elsewhere={
        "squawk": "adding-foreign-key-constraint",
        "strong_migrations": "add_reference",
    },
)
