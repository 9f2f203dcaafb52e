"""The type of a column that a view uses cannot be changed.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.around import Around, on_used, table_of
from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.examples import VIEWED
from alembic_zdt.checks.recording.call import Call
from alembic_zdt.oracle import objects


def _look(call: Call, around: Around) -> Iterator[Problem]:
    for op in on_used(call, around, ops.AlterColumnOp):
        if op.modify_type is None:
            continue
        table = table_of(op)
        views = around.ask(objects.views_of_column, table, op.column_name)
        if views:
            words = f"the type of {op.column_name} of {table.words} cannot change:"
            yield Problem(f"{words} {', '.join(views)} uses it", table)


CHECK = Check(
    id="alter-type-in-view",
    severity=Severity.ERROR,
    reason="ALTER COLUMN ... TYPE is refused while a view, or a materialized one, uses "
    "the column. Drop the view before, and make it again behind, in one short "
    "transaction; or give the view a column of another name.",
    look=_look,
    setup=VIEWED,
    bad='op.alter_column("users", "email", type_=sa.String(99))',
    good='op.execute("DROP VIEW addresses")\n'
    'op.expand_alter_column_type("users", "email", sa.String(99))',
    claim=Claim({}, fails="0A000"),
    asks=True,
)
