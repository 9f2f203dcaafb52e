"""An index of many columns is seldom used as a whole.

https://www.postgresql.org/docs/current/indexes-multicolumn.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.context import called
from alembic_zdt.checks.looks import reporting
from alembic_zdt.findings import Severity

_MANY = 3


CHECK = Check(
    id="wide-index",
    severity=Severity.NOTE,
    reason="An index of more than three columns is mostly no better than an index of "
    "the first two or three of them, and larger. Each UPDATE of any of its columns "
    "has to change the index.",
    look=reporting(
        ops.CreateIndexOp,
        lambda op, _table: (
            f"the index {called(op.index_name)} has {len(op.columns)} columns"
        ),
        when=lambda op: len(op.columns) > _MANY and not op.unique,
    ),
    setup="CREATE TABLE users (id int, a int, b int, c int, d int);",
    bad='op.create_index("ix", "users", ["a", "b", "c", "d"])',
    good='op.create_index_concurrently("ix", "users", ["a", "b"])',
    elsewhere={"strong_migrations": "add_index_columns"},
)
