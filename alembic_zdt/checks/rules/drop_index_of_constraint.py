"""An index that a constraint needs can only be dropped with the constraint.

https://www.postgresql.org/docs/current/sql-dropindex.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.suggestions.safe_calls import ready
from alembic_zdt.findings import Severity
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.constraints.existing_constraint import (
    DropConstraintSafelyOp,
)
from alembic_zdt.oracle import questions
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.DropIndexOp):
        index = QualifiedName(str(op.index_name), op.schema)
        constraint = context.ask(questions.constraint_of_index, index)
        table = context.ask(questions.table_of_index, index)
        if constraint and table:
            words = f"the index {op.index_name} is needed by constraint {constraint}"
            name = op.table_name or table.name
            safe = DropConstraintSafelyOp(constraint, name, schema=op.schema)
            yield Problem(words, table, ready(op, safe.call))


CHECK = Check(
    id="drop-index-of-constraint",
    severity=Severity.ERROR,
    reason="PostgreSQL refuses DROP INDEX for the index of a UNIQUE, PRIMARY KEY or "
    "EXCLUDE constraint. Drop the constraint instead: its index is dropped with it.",
    look=_look,
    setup="CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE);",
    bad='op.drop_index("users_email_key", "users")',
    good='op.drop_constraint_safely("users_email_key", "users", "unique")',
    claim=Claim({}, fails="2BP01"),
    asks=True,
)
