"""A foreign key of a new column reads the table while both are locked.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import TEAMS
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AddColumnOp):
        if op.column.foreign_keys and not getattr(op, "inline_references", None):
            table = table_of(op)
            words = (
                f"the foreign key of column {op.column.name} reads all of {table.words}"
            )
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-column-foreign-key",
    severity=Severity.ERROR,
    reason="Alembic writes the foreign key as a statement of its own, behind ADD "
    "COLUMN in one transaction: it reads the table while ACCESS EXCLUSIVE is "
    "held, and SHARE ROW EXCLUSIVE on the other table.",
    look=_look,
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
