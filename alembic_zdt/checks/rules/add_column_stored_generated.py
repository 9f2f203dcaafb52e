"""A new stored generated column rewrites the table.

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
    for op in on_used(call, context, ops.AddColumnOp):
        if op.column.computed is not None and op.column.computed.persisted is not False:
            table = table_of(op)
            words = f"the generated column {op.column.name} rewrites {table.words}"
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-column-stored-generated",
    severity=Severity.ERROR,
    reason="GENERATED ALWAYS AS ... STORED is computed for every row at once, under "
    "ACCESS EXCLUSIVE. An ordinary column that a trigger or the application "
    "fills needs no rewrite.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("up", sa.Text(), '
    'sa.Computed("upper(email)", persisted=True)))',
    good="""\
# The application, or a trigger, writes the column from now on.
op.expand_add_column("users", sa.Column("up", sa.Text()))
op.backfill("users", {"up": "upper(email)"}, where="up IS NULL")""",
    claim=Claim({"users": LockMode.ACCESS_EXCLUSIVE}, rewrites=frozenset({"users"})),
    elsewhere={
        "squawk": "adding-field-with-default",
        "strong_migrations": "add_column_generated_stored",
    },
)
