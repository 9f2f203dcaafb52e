"""A column of type json cannot be compared.

https://www.postgresql.org/docs/current/datatype-json.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops
from sqlalchemy.dialects import postgresql

from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.recording.call import Call

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AddColumnOp):
        if op.column.type.compile(dialect=_DIALECT).upper() == "JSON":
            table = table_of(op)
            words = f"{op.column.name} of {table.words} is json, which has no ="
            yield Problem(words, table)


CHECK = Check(
    id="add-column-json",
    severity=Severity.ADVICE,
    reason="SELECT DISTINCT, UNION and GROUP BY over all columns of the table, which "
    "an ORM may write, fail from then on. jsonb can be compared, and indexed.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("data", sa.JSON()))',
    good='op.expand_add_column("users",'
    " sa.Column('data', sa.dialects.postgresql.JSONB()))",
    elsewhere={"strong_migrations": "add_column_json", "eugene": "E3"},
)
