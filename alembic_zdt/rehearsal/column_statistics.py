"""Values as exported facts describe them: NULLs, repeated values and widths.

https://www.postgresql.org/docs/current/view-pg-stats.html
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from alembic_zdt.facts.exported import ExportedColumn, ExportedDatabase, ExportedTable
from alembic_zdt.names import QualifiedName
from alembic_zdt.rehearsal.table_shape import (
    ColumnShape,
    Shapes,
    Statistics,
    TableShape,
)

_MODULUS, _STEP = 1000003, 618034
"""Their quotient is the golden ratio: multiples spread evenly, also a few of them."""

_SHORT = 127
"""The largest size of a value whose header has one byte."""


def with_statistics(
    shapes: Shapes, facts: ExportedDatabase, rows: Mapping[int, int]
) -> Shapes:
    """Return the tables with the statistics of the facts.

    Key columns get none: the traffic finds rows by the number in their keys.

    Args:
        shapes: the tables.
        facts: the facts.
        rows: the number of rows to make by the oid of a table.
    """
    found = dict(shapes)
    for oid, count in rows.items():
        table = _in_facts(facts, shapes[oid])
        if table is not None:
            tree = [*facts.tree(table)]
            found[oid] = _with_statistics(shapes[oid], tree, count)
    return found


def rows_like(shapes: Shapes, facts: ExportedDatabase, most: int) -> Mapping[int, int]:
    """Return the number of rows of each table in the facts, by its oid.

    Args:
        shapes: the tables.
        facts: the facts.
        most: the largest number for a table.
    """
    found = {}
    for oid, shape in shapes.items():
        table = _in_facts(facts, shape)
        count = sum(each.rows for each in facts.tree(table)) if table else 0
        if count:
            found[oid] = min(count, most)
    return found


def _in_facts(facts: ExportedDatabase, shape: TableShape) -> ExportedTable | None:
    """Return the table of the same schema, or else that of the ``search_path``."""
    return facts.table(shape.name) or facts.table(QualifiedName(shape.name.name))


def _with_statistics(
    shape: TableShape, tree: Sequence[ExportedTable], rows: int
) -> TableShape:
    keys = {name for key in shape.unique for name in key}
    columns = [
        each
        if each.name in keys
        else replace(each, statistics=_statistics(tree, each.name, rows))
        for each in shape.columns
    ]
    return replace(shape, columns=columns)


def _statistics(
    tree: Sequence[ExportedTable], name: str, rows: int
) -> Statistics | None:
    columns = [found for each in tree if (found := each.column(name)) is not None]
    known = next((each for each in columns if each.width is not None), None)
    if known is None:
        return None
    share = known.null_share or 0.0
    return Statistics(share, _distinct(known, rows), known.width)


def _distinct(column: ExportedColumn, rows: int) -> int | None:
    """Return the number of distinct values among the rows, None if all differ."""
    found = column.distinct
    if found is None or found == -1:
        return None
    return max(1, round(found if found > 0 else -found * rows))


def repeated(number: str, column: ColumnShape) -> str:
    """Return the number of a value for the number of a row, so that values repeat."""
    known = column.statistics
    if known is None or known.distinct is None:
        return number
    return f"(({number} - 1) % {known.distinct} + 1)"


def with_nulls(value: str, column: ColumnShape, number: str) -> str:
    """Return the value, or NULL for the share of rows that have one."""
    known = column.statistics
    if known is None or column.is_not_null or not known.null_share:
        return value
    # Two columns do not have their NULLs in the same rows.
    start = zlib.crc32(column.name.encode()) % _MODULUS
    place = f"({number}::bigint * {_STEP} + {start}) % {_MODULUS}"
    limit = round(known.null_share * _MODULUS)
    return f"CASE WHEN {place} >= {limit} THEN {value} END"


def widened(
    text: str, column: ColumnShape, number: str, most: int | None = None
) -> str:
    """Return a text that is as long as the average value.

    Args:
        text: the SQL of the text.
        column: its column.
        number: the SQL of the number of the value.
        most: the largest length.
    """
    known = column.statistics
    if known is None or known.width is None:
        return text
    header = 1 if known.width <= _SHORT else 4
    width = min(known.width - header, most or known.width)
    return f"rpad({text}, greatest({width}, length({text})), md5(({number})::text))"
