"""A new NOT NULL column without a default fails when there are rows.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.operations.stock import has_default, is_serial
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AddColumnOp):
        if (
            not op.column.nullable
            and not has_default(op.column)
            and op.column.computed is None
            and not is_serial(op.column)
        ):
            table = table_of(op)
            words = (
                f"column {op.column.name} of {table.words} is NOT NULL and "
                "has no default"
            )
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-column-not-null",
    severity=Severity.ERROR,
    reason="ADD COLUMN ... NOT NULL without a default reads the table under ACCESS "
    "EXCLUSIVE and fails when it has a row; and code that does not know the "
    "column cannot insert any more.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("age", sa.Integer(), nullable=False))',
    good='op.expand_add_column("users", sa.Column("age", sa.Integer(),'
    ' nullable=False, server_default="0"))',
    claim=Claim({}, fails="23502"),
    elsewhere={"squawk": "adding-required-field"},
)
