"""A warning about an existing table or column that differs from the call.

``IF NOT EXISTS`` compares only names.  It skips a table from an earlier form of the
revision, even if that table lacks columns.
https://www.postgresql.org/docs/current/sql-createtable.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy import Column

from alembic_zdt.names import QualifiedName, quote

log = logging.getLogger("alembic_zdt")


def warn_of_another(context: Any, operation: Any) -> None:
    """Log a warning if the server skips a table or column that exists and differs.

    Args:
        context: the context of the run.
        operation: ``CreateTableOp`` or ``AddColumnOp`` with ``if_not_exists``.
    """
    name = QualifiedName(operation.table_name, operation.schema)
    inspector = sa.inspect(context.connection)
    if not inspector.has_table(name.name, schema=name.schema):
        return
    found = inspector.get_columns(name.name, schema=name.schema)
    there = {column["name"]: column for column in found}
    if isinstance(operation, ops.AddColumnOp):
        wanted, is_whole = [operation.column], False
        if str(operation.column.name) not in there:
            return
    else:
        wanted = [item for item in operation.columns if isinstance(item, Column)]
        is_whole = True
    differing = "; ".join(_differing(context, wanted, there, is_whole=is_whole))
    if differing:
        log.warning(
            'if_not_exists=True skips %s "%s", which differs from the revision: %s',
            "table" if is_whole else "a column of table",
            name.label,
            differing,
        )


def _differing(
    context: Any,
    wanted: list[Column[Any]],
    there: Mapping[str, Any],
    *,
    is_whole: bool,
) -> Iterator[str]:
    for column in wanted:
        found = there.get(str(column.name))
        if found is None:
            yield f"{quote(str(column.name))} is missing"
            continue
        if context.impl.compare_type(Column(column.name, found["type"]), column):
            type_ = column.type.compile(dialect=context.dialect)
            yield f"{quote(str(column.name))} is {found['type']}, wanted {type_}"
        elif bool(column.nullable) is not bool(found["nullable"]):
            now = "takes NULL" if found["nullable"] else "is NOT NULL"
            yield f"{quote(str(column.name))} {now}"
    if is_whole:
        names = {str(column.name) for column in wanted}
        yield from (
            f"the call lacks {quote(name)}" for name in there if name not in names
        )
