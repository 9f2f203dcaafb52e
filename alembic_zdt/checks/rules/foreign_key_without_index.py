"""Without an index, a DELETE in the referenced table reads all of the referring one.

https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import ORDERS
from alembic_zdt.checks.known_table import KnownTable
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.oracle import questions
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreateForeignKeyOp):
        table, columns = table_of(op), list(op.local_cols)
        if context.ask(questions.indexes_on, table, columns) != {}:
            continue
        if _is_known(context.known.table(table), columns):
            continue
        words = f"no index of {table.label} begins with {', '.join(columns)}"
        index = ops.CreateIndexOp(None, table.name, columns, schema=table.schema)
        yield Problem(words, table, instead_of(index, context))


def _is_known(table: KnownTable, columns: list[str]) -> bool:
    """Check whether a revision has built an index that begins with the columns."""
    built = (cols for name, cols in table.indexes.items() if name not in table.queued)
    return any(set(each[: len(columns)]) == set(columns) for each in built)


CHECK = Check(
    id="foreign-key-without-index",
    severity=Severity.NOTE,
    reason="Each DELETE in the referenced table, and each UPDATE of its key, looks "
    "for rows that refer to the changed row. Without an index, PostgreSQL reads the "
    "whole referring table for each changed row, while the statement holds its locks. "
    "Build the index first.",
    look=_look,
    setup=ORDERS,
    bad='op.create_foreign_key("fk", "orders", "users", ["buyer"], ["id"])',
    good='op.create_index_concurrently("ix", "orders", ["buyer"])\n'
    'op.create_foreign_key_two_phase("fk", "orders", "users", ["buyer"], ["id"])',
    asks=True,
    elsewhere={"eugene": "E15"},
)
