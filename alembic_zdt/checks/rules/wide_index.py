"""An index of many columns is seldom used as a whole.

https://www.postgresql.org/docs/current/indexes-multicolumn.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.context import CheckContext, called, on_used, table_of
from alembic_zdt.recording.call import Call

_MANY = 3


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreateIndexOp):
        count = len(op.columns)
        if count > _MANY and not op.unique:
            words = f"the index {called(op.index_name)} has {count} columns"
            yield Problem(words, table_of(op))


CHECK = Check(
    id="wide-index",
    severity=Severity.ADVICE,
    reason="Beyond three columns an index of all is mostly no better than one of the "
    "first two or three, and larger; and each UPDATE of any of them has to change it.",
    look=_look,
    setup="CREATE TABLE users (id int, a int, b int, c int, d int);",
    bad='op.create_index("ix", "users", ["a", "b", "c", "d"])',
    good='op.create_index_concurrently("ix", "users", ["a", "b"])',
    elsewhere={"strong_migrations": "add_index_columns"},
)
