"""A second index of the same columns slows each write, and helps no query.

https://www.postgresql.org/docs/current/indexes-multicolumn.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, called, on_used, table_of
from alembic_zdt.checks.examples import INDEXED
from alembic_zdt.findings import Severity
from alembic_zdt.oracle import questions
from alembic_zdt.recording.call import Call

_ANOTHER_KIND = {"postgresql_where", "postgresql_using", "postgresql_ops"}


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreateIndexOp):
        columns = [each for each in op.columns if isinstance(each, str)]
        is_plain = len(columns) == len(op.columns) and not op.unique
        if not is_plain or _ANOTHER_KIND & op.kw.keys():
            continue
        table = table_of(op)
        found = context.ask(questions.indexes_on, table, columns) or {}
        found.pop(str(op.index_name), None)  # this revision has made it
        same = [name for name, is_same in found.items() if is_same]
        if same:
            words = f"{same[0]} of {table.label} already has the same columns as"
            yield Problem(f"{words} {called(op.index_name)}", table)


CHECK = Check(
    id="redundant-index",
    severity=Severity.NOTE,
    reason="The planner uses only one of the two indexes. Both are maintained by each "
    "INSERT and by most UPDATEs, and both are read by VACUUM.",
    look=_look,
    setup=INDEXED,
    bad='op.create_index("ix_more", "users", ["email"])',
    good="""\
# ix_users_email serves queries by email. One index for two columns, in its place:
op.replace_index_concurrently("ix_users_email", "users", ["email", "id"])""",
    asks=True,
)
