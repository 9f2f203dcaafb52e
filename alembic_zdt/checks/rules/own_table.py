"""A table that this package or Alembic needs for migrations is renamed or dropped.

https://alembic.sqlalchemy.org/en/latest/tutorial.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, table_of
from alembic_zdt.checks.sql.effects import MoveTable, TruncateTable
from alembic_zdt.findings import Severity
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.refusals.kept_tables import REASON, kept_table
from alembic_zdt.recording.call import Call

_KINDS = (
    ops.DropColumnOp,
    ops.DropTableOp,
    ops.RenameTableOp,
    MoveTable,
    TruncateTable,
)


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if isinstance(act, ZdtOperation):
            if kept_table(act, context.kept):
                yield Problem(f"{act.call} changes a table that migrations need")
            continue
        table = _of(act)
        if table is not None and table.name in context.kept:
            yield Problem(f"migrations need table {table.label}", table)


def _of(act: Any) -> QualifiedName | None:
    is_rename = isinstance(act, ops.AlterColumnOp) and act.modify_name is not None
    return table_of(act) if is_rename or isinstance(act, _KINDS) else None


CHECK = Check(
    id="own-table",
    severity=Severity.ERROR,
    reason=REASON,
    look=_look,
    setup="",
    bad='op.drop_table("alembic_zdt_revision")',
    good="""\
# Keep it.
pass""",
    breaks_code=True,
)
