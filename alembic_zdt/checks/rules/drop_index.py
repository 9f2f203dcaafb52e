"""DROP INDEX without CONCURRENTLY waits for ACCESS EXCLUSIVE on the table.

https://www.postgresql.org/docs/current/sql-dropindex.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import INDEXED, USERS_LOCKED
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.names import QualifiedName
from alembic_zdt.oracle import questions
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.DropIndexOp):
        if op.kw.get("postgresql_concurrently"):
            continue
        index = QualifiedName(str(op.index_name), op.schema)
        table = context.table_of_index(index)
        if table is None and op.table_name:
            table = table_of(op)
        if context.ask(questions.constraint_of_index, index):
            continue  # drop-index-of-constraint reports it
        if not _goes_anyway(call, context, index, table):
            words = f"the index {op.index_name} is dropped with ACCESS EXCLUSIVE"
            yield Problem(words, table, instead_of(op, context))


def _goes_anyway(
    call: Call, context: CheckContext, index: QualifiedName, table: QualifiedName | None
) -> bool:
    """Check whether the transaction drops the table, or a column of the index."""
    following, name = context.following, index.name
    if table is None:
        table = context.known.table_with_index(index)
    if table is None:
        gone = following.dropped_tables(call)
        return any(each.name in name for each in gone)
    if following.drops(call, table):
        return True
    columns = context.columns_of_index(table, name)
    gone_columns = list(following.dropped_columns(call, table))
    if columns:
        return any(each in columns for each in gone_columns)
    return any(each in name for each in gone_columns)


CHECK = Check(
    id="drop-index",
    severity=Severity.ERROR,
    reason="DROP INDEX takes ACCESS EXCLUSIVE on the table. While it waits for this "
    "lock, every query of the table waits behind it.",
    look=_look,
    setup=INDEXED,
    bad='op.drop_index("ix_users_email", "users")',
    good='op.drop_index_concurrently("ix_users_email", "users")',
    claim=USERS_LOCKED,
    elsewhere={
        "squawk": "require-concurrent-index-deletion",
        "strong_migrations": "remove_index",
    },
)
