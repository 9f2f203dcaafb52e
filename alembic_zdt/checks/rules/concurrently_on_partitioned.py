"""An index of a partitioned table cannot be built or dropped concurrently.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, called, on_used, table_of
from alembic_zdt.checks.examples import PARTITIONED
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.oracle import questions
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreateIndexOp):
        table = table_of(op)
        is_concurrent = op.kw.get("postgresql_concurrently")
        if is_concurrent and context.ask(questions.kind, table) == "p":
            words = f"CONCURRENTLY of {called(op.index_name)} fails: {table.label} is"
            yield Problem(f"{words} partitioned", table, instead_of(op, context))


CHECK = Check(
    id="concurrently-on-partitioned",
    severity=Severity.ERROR,
    reason="PostgreSQL refuses CREATE INDEX CONCURRENTLY on a partitioned table. "
    "op.create_index_concurrently() makes the index on the parent alone (ON ONLY). "
    "Then it builds an index on each partition concurrently, and attaches it to the "
    "index of the parent.",
    look=_look,
    setup=PARTITIONED,
    bad="""\
with op.get_context().autocommit_block():
    op.create_index("ix", "events", ["n"], postgresql_concurrently=True)""",
    good='op.create_index_concurrently("ix", "events", ["n"])',
    asks=True,
)
