"""Values of partition keys that lie within the bounds of existing partitions.

PostgreSQL shows the bounds as text, so the server checks the values made from them.

https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from types import MappingProxyType

from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.database import Database
from alembic_zdt.names import IN_USER_SCHEMA, literal, quote
from alembic_zdt.rehearsal.table_shape import ColumnShape, Shapes, TableShape, shapes
from alembic_zdt.rehearsal.values import NUMBER_HERE, value_of

_NODES = f"""
SELECT c.oid::int8, t.relid::oid::int8, t.parentrelid::oid::int8,
    p.relkind::text, coalesce(o.partstrat::text, ''),
    pg_get_expr(p.relpartbound, p.oid), pg_get_partition_constraintdef(p.oid),
    k.partstrat::text, ARRAY(SELECT coalesce(a.attname::text, '')
        FROM unnest(k.partattrs::int2[]) WITH ORDINALITY u (num, place)
        LEFT JOIN pg_attribute a ON a.attrelid = k.partrelid AND a.attnum = u.num
        ORDER BY u.place)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN pg_partition_tree(c.oid) t
JOIN pg_class p ON p.oid = t.relid
JOIN pg_partitioned_table k ON k.partrelid = t.parentrelid
LEFT JOIN pg_partitioned_table o ON o.partrelid = t.relid
WHERE c.relkind = 'p' AND NOT c.relispartition AND {IN_USER_SCHEMA}
ORDER BY t.level, p.oid
"""
_HASH, _LIST = "h", "l"
_LEAF = "r"
_MOST = 16
"""Most partitions of a table that get rows."""
_TRIED = 20
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([^\s(),]+)")
_LOWEST, _HIGHEST, _NULL = "MINVALUE", "MAXVALUE", "NULL"

_Bound = str | None
_ENDLESS = frozenset({"Infinity", "-Infinity", "infinity", "-infinity", "NaN"})
_Values = Mapping[str, str]


@dataclass(frozen=True)
class _Node:
    """A partition, with the bounds of its own and those above it."""

    oid: int
    takes_rows: bool
    constraint: str
    levels: tuple[tuple[str, Sequence[str], str], ...]

    @property
    def is_usable(self) -> bool:
        """Check whether the bounds of all levels name values."""
        return self.takes_rows and all(
            kind != _HASH and bound != "DEFAULT" for kind, _, bound in self.levels
        )


def placed_shapes(database: Database) -> Shapes:
    """Return the tables, with values of their partition keys."""
    found = shapes(database)
    for table, nodes in _nodes(database).items():
        if table in found:
            _place(database, found[table], nodes)
    return found


def _nodes(database: Database) -> Mapping[int, Sequence[_Node]]:
    found: dict[int, dict[int, _Node]] = defaultdict(dict)
    for table, oid, parent, kind, own, bound, constraint, *key in database.rows(_NODES):
        above = found[table].get(parent)
        levels = () if above is None else above.levels
        # A row finds its partition by HASH on its own.
        takes_rows = kind == _LEAF or own == _HASH
        level = (key[0], key[1], bound)
        found[table][oid] = _Node(oid, takes_rows, constraint, (*levels, level))
    return {table: [*nodes.values()] for table, nodes in found.items()}


def _place(database: Database, table: TableShape, nodes: Sequence[_Node]) -> None:
    """Keep the values that the server finds within the bounds."""
    by_name = {each.name: each for each in table.columns}
    kept = []
    for node in [each for each in nodes if each.is_usable][:_MOST]:
        candidates = _candidates(node, by_name)
        fitting = (each for each in candidates if _fits(database, table, node, each))
        if (values := next(fitting, None)) is not None:
            kept.append(values)
    names = {name for each in kept for name in each}
    table.placed = {name: [each.get(name) for each in kept] for name in names}


def _candidates(node: _Node, columns: Mapping[str, ColumnShape]) -> Iterator[_Values]:
    """Yield values that differ from row to row, then the same for all rows."""
    for is_spread in (True, False):
        found: dict[str, str] = {}
        for kind, key, bound in node.levels:
            make = _of_list if kind == _LIST else _of_range
            found.update(make([columns.get(name) for name in key], bound, is_spread))
        yield found


def _of_list(
    key: Sequence[ColumnShape | None], bound: str, _is_spread: bool
) -> Iterator[tuple[str, str]]:
    values = [each for each in _tokens(bound) if each != _NULL]
    if key[0] is None:
        return
    listed = ", ".join(map(literal, values))
    chosen = f"(ARRAY[{listed}])[1 + ({NUMBER_HERE} % {len(values)})::int]"
    yield key[0].name, chosen if values else "NULL"


def _of_range(
    key: Sequence[ColumnShape | None], bound: str, is_spread: bool
) -> Iterator[tuple[str, str]]:
    lower, _, upper = bound.partition(") TO (")
    is_within = False
    pairs = zip_longest(key, _tokens(lower), _tokens(upper), fillvalue=_LOWEST)
    for column, low, high in pairs:
        if not isinstance(column, ColumnShape):
            continue
        made = None if low == _LOWEST else literal(low)
        if low != high and not is_within:
            is_within = True
            spread = _SPREADS.get(column.kind, _text)
            finite = (_finite(low), _finite(high))
            made = (spread(*finite) if is_spread else None) or made
        if made is not None:
            yield column.name, made


def _tokens(bound: str) -> Sequence[str]:
    """Return the values of ``FOR VALUES FROM (...) TO (...)`` or ``IN (...)``."""
    inner = bound.partition("(")[2] if "VALUES" in bound else bound
    return [bare or quoted.replace("''", "'") for quoted, bare in _TOKEN.findall(inner)]


def _finite(bound: str) -> _Bound:
    return None if bound in {_LOWEST, _HIGHEST} or bound in _ENDLESS else bound


def _number(low: _Bound, high: _Bound) -> str | None:
    if low is not None and high is not None:
        width = max(int(Decimal(high) - Decimal(low)), 1)
        return f"{low}::numeric + {NUMBER_HERE} % {width}"
    if low is not None:
        return f"{low}::numeric + {NUMBER_HERE}"
    return None if high is None else f"{high}::numeric - 1 - {NUMBER_HERE}"


def _date(low: _Bound, high: _Bound) -> str | None:
    if low is not None and high is not None:
        width = f"greatest(date {literal(high)} - date {literal(low)}, 1)"
        return f"date {literal(low)} + ({NUMBER_HERE} % {width})::int"
    if low is not None:
        return f"date {literal(low)} + ({NUMBER_HERE} % 20000)::int"
    last = None if high is None else f"date {literal(high)}"
    return last and f"{last} - 1 - ({NUMBER_HERE} % 20000)::int"


def _time(low: _Bound, high: _Bound) -> str | None:
    second = "interval '1 second'"
    if low is not None and high is not None:
        first, last = (f"timestamptz {literal(each)}" for each in (low, high))
        width = f"greatest(extract(epoch FROM {last} - {first})::bigint, 1)"
        return f"timestamptz {literal(low)} + ({NUMBER_HERE} % {width}) * {second}"
    if low is not None:
        return f"timestamptz {literal(low)} + {NUMBER_HERE} * {second}"
    last = "" if high is None else f"timestamptz {literal(high)}"
    return f"{last} - (1 + {NUMBER_HERE}) * {second}" if last else None


def _text(low: _Bound, _high: _Bound) -> str | None:
    return f"{literal(low or '')} || {NUMBER_HERE}"


_SPREADS: Mapping[str, Callable[[_Bound, _Bound], str | None]] = MappingProxyType(
    {
        **dict.fromkeys(("int2", "int4", "int8", "numeric"), _number),
        "date": _date,
        **dict.fromkeys(("timestamp", "timestamptz"), _time),
    }
)


def _fits(database: Database, table: TableShape, node: _Node, values: _Values) -> bool:
    """Ask the server whether some rows with the values are within the bounds."""
    number = "zdt_n::bigint"
    made = []
    for column in table.columns:
        value = values.get(column.name, "").replace(NUMBER_HERE, number)
        value = value or value_of(column, number, table) or "NULL"
        made.append(f"({value})::{column.type} AS {quote(column.name)}")
    numbers = f"generate_series(1, {_TRIED}) AS numbers (zdt_n)"
    rows = f"SELECT {', '.join(made)} FROM {numbers}"
    asked = f"SELECT bool_and({node.constraint}) FROM ({rows}) AS zdt_rows"
    try:
        return database.value(asked, as_written=True) is True
    except DBAPIError:  # for example, the type does not accept a value
        return False
