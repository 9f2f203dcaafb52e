"""SQL expressions for the values of made-up rows, by the number of the row.

https://www.postgresql.org/docs/current/datatype.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from alembic_zdt.names import literal
from alembic_zdt.rehearsal.column_statistics import widened
from alembic_zdt.rehearsal.table_shape import ColumnShape, TableShape

_HEADER = 4
"""The difference between the type modifier of a string type and its length."""

NUMBER_HERE = "{zdt number}"
"""Stands for the number of the row in the values of partition keys."""

_TIME = "timestamptz '2024-01-01 UTC' + {n} * interval '1 minute'"
_VALUES: Mapping[str, str] = MappingProxyType(
    {
        "bool": "{n} % 2 = 0",
        "int2": "(1 + {n} % 32000)",
        "uuid": "md5({n}::text)::uuid",
        "date": "date '2000-01-01' + ({n} % 20000)::int",
        "time": "time '00:00' + {n} * interval '1 second'",
        "timetz": "timetz '00:00+00' + {n} * interval '1 second'",
        "timestamp": f"({_TIME})::timestamp",
        "timestamptz": _TIME,
        "interval": "{n} * interval '1 second'",
        "json": "json_build_object('n', {n})",
        "jsonb": "jsonb_build_object('n', {n})",
        "bytea": "decode(md5({n}::text), 'hex')",
        "inet": "inet '10.0.0.0' + {n}",
        "cidr": "(inet '10.0.0.0' + {n})::cidr",
        "macaddr": "lpad(to_hex({n}), 12, '0')::macaddr",
        "bit": "lpad({n}::bit(32)::text, {length}, '0')::bit({length})",
        "varbit": "{n}::bit(32)::varbit",
        "tsvector": "to_tsvector('simple', 'word' || {n})",
        "char": "'a'",
        "point": "point({n}, {n})",
        "money": "{n}::money",
        "oid": "{n}::oid",
        "int4range": "int4range({n}::int, {n}::int + 1)",
        "int8range": "int8range({n}, {n} + 1)",
        "numrange": "numrange({n}, {n} + 1)",
        "daterange": "daterange(date '2000-01-01' + ({n} % 20000)::int, NULL)",
        "tstzrange": f"tstzrange({_TIME}, {_TIME} + interval '1 minute')",
        "tsrange": f"tsrange(({_TIME})::timestamp, NULL)",
    }
)
_STRINGS, _NUMBERS, _ARRAYS = "S", "N", "A"
_MOST_DIGITS = 1000
_CONSTANT = re.compile(r"'((?:[^']|'')*)'")
_NUMBERS_LISTED = re.compile(r"= ANY \(ARRAY\[((?:-?[0-9.]+(?:, )?)+)\]\)")


def value_of(column: ColumnShape, number: str, table: TableShape) -> str | None:
    """Return an expression of the column's type, None if no value is known.

    Args:
        column: the column.
        number: SQL of the number of the row, a ``bigint``.
        table: the table, whose CHECK constraints may name the only values.
    """
    made = _placed(column, number, table) or _of_column(column, number, table)
    return None if made is None else f"({made})::{column.type}"


def _placed(column: ColumnShape, number: str, table: TableShape) -> str | None:
    """Choose a partition for each row in turn, and a value within its bounds."""
    values = table.placed.get(column.name, ())
    if not values:
        return None
    round_of = f"({number} / {len(values)})"
    cases = " ".join(
        f"WHEN {place} THEN ("
        + (
            _of_column(column, number, table) or "NULL"
            if value is None
            else value.replace(NUMBER_HERE, round_of)
        )
        + f")::{column.type}"
        for place, value in enumerate(values)
    )
    return f"CASE {number} % {len(values)} {cases} END"


def _of_column(column: ColumnShape, number: str, table: TableShape) -> str | None:
    return _allowed(column, number, table) or _by_type(column, number)


def is_listed(column: ColumnShape, table: TableShape) -> bool:
    """Check whether a CHECK lists the values of a column."""
    return _allowed(column, "1", table) is not None


def _allowed(column: ColumnShape, number: str, table: TableShape) -> str | None:
    """Choose among the constants of a CHECK of this column, as in ``IN ('a', 'b')``."""
    for definition, columns in table.checks:
        if numbers := _NUMBERS_LISTED.search(definition):
            found, is_list = numbers[1].split(", "), True
        else:
            found, is_list = _CONSTANT.findall(definition), _is_list(definition)
        if list(columns) == [column.name] and found and is_list:
            return _one_of([each.replace("''", "'") for each in found], number)
    return None


def _is_list(definition: str) -> bool:
    return "= ANY" in definition or re.search(r"\) = '|\w = '", definition) is not None


def _one_of(values: Sequence[str], number: str) -> str:
    listed = ", ".join(map(literal, values))
    return f"(ARRAY[{listed}])[1 + ({number} % {len(values)})::int]"


def _by_type(column: ColumnShape, number: str) -> str | None:
    if column.labels:
        return _one_of(column.labels, number)
    if column.kind in _VALUES:
        return _VALUES[column.kind].format(n=number, length=max(column.modifier, 1))
    by_category: dict[str, Callable[[ColumnShape, str], str]] = {
        _STRINGS: _text,
        _NUMBERS: _number,
        _ARRAYS: lambda _column, _number: "'{}'",
    }
    make = by_category.get(column.category)
    return None if make is None else make(column, number)


def _text(column: ColumnShape, number: str) -> str:
    text = f"{literal(column.name + ' ')} || {number}"
    if column.modifier <= _HEADER:
        return widened(text, column, number)
    # The end differs from row to row.
    most = column.modifier - _HEADER
    return widened(f"right({text}, {most})", column, number, most)


def _number(column: ColumnShape, number: str) -> str:
    if column.kind != "numeric" or column.modifier <= _HEADER:
        return number
    precision, scale = divmod(column.modifier - _HEADER, 1 << 16)
    digits = scale if scale < _MOST_DIGITS else 0  # PostgreSQL 15+ has negative ones
    return f"({number} % {10**precision}) / {10**digits}::numeric"
