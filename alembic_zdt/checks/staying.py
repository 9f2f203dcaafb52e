"""Operations on objects that no later call of the same transaction drops.

https://alembic.sqlalchemy.org/en/latest/ops.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.context import CheckContext, table_of
from alembic_zdt.checks.schema_state import plain
from alembic_zdt.recording.call import Call


def on_staying(call: Call, context: CheckContext, kind: type[Any]) -> Iterator[Any]:
    """Yield operations of a kind whose objects the transaction does not drop later.

    Operations on tables that no other session uses are left out.
    """
    for operation in call.acts:
        if isinstance(operation, kind) and context.is_used(operation):
            table = plain(table_of(operation))
            is_altered = isinstance(operation, ops.AlterColumnOp)
            column = operation.column_name if is_altered else ""
            if not context.following.drops(call, table, column):
                yield operation
