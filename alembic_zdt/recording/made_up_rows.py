"""One made-up row for a loop over rows, so that its body runs once.

https://docs.python.org/3/library/ast.html#ast.For
"""

from __future__ import annotations

import ast
import datetime as dt
import decimal
import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import JSON, Enum

_SELECT = re.compile(
    r"\A[\s(]*+SELECT\s++(?:DISTINCT\s++)?(?P<columns>.*?)\sFROM\s",
    re.IGNORECASE | re.DOTALL,
)
_VALUES: dict[type[Any], Any] = {
    bool: True,
    bytes: b"",
    dt.date: dt.date(2000, 1, 1),
    dt.datetime: dt.datetime(2000, 1, 1, tzinfo=dt.UTC),
    dt.time: dt.time(0),
    dt.timedelta: dt.timedelta(0),
    decimal.Decimal: decimal.Decimal(1),
    float: 1.0,
    int: 1,
    list: [],
    uuid.UUID: uuid.UUID(int=1),
}


class MadeUp(str):
    """A made-up text, which is 1 if it is read as a number."""

    __slots__ = ()

    def __int__(self) -> int:
        return 1

    def __float__(self) -> float:
        return 1.0


def value_of(type_: Any) -> Any:
    """Return a made-up value of a column's type."""
    if isinstance(type_, JSON):
        return "{}"
    if isinstance(type_, Enum):
        return type_.enums[0]
    try:
        python_type = type_.python_type
    except NotImplementedError:
        return MadeUp("made_up")
    return _VALUES.get(python_type, MadeUp("made_up"))


def names_of(text: str) -> list[str]:
    """Return the names of the columns of a query."""
    match = _SELECT.match(text)
    parts = list(_parts(match["columns"])) if match else []
    names = []
    for number, part in enumerate(parts):
        names.append(_last_name(part.rstrip()) or f"column_{number}")
    return names or ["column_0"]


def _last_name(part: str) -> str:
    """Return the name of a column of a query, empty if it has none."""
    if part.endswith('"'):
        return part[:-1].rpartition('"')[2]
    return re.split(r"\W", part)[-1]


def _parts(columns: str) -> Iterator[str]:
    """Yield the parts between the commas that are in no parentheses."""
    depth, start = 0, 0
    for place, letter in enumerate(columns):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            yield columns[start:place]
            start = place + 1
    yield columns[start:]


def row_of(names: Sequence[str]) -> tuple[Any, ...]:
    """Return a made-up row of a query whose types are unknown."""
    return tuple(
        1 if name == "id" or name.endswith("_id") else MadeUp("made_up")
        for name in names
    )


def lines_of_rows(loop: ast.For, function: ast.AST, tree: ast.Module) -> frozenset[int]:
    """Return the lines whose queries give a loop its rows.

    Args:
        loop: the loop over the rows.
        function: the function that contains the loop.
        tree: the tree of the file.
    """
    found, names = set(_lines(loop.iter)), set(_names(loop.iter))
    assigned = list(_assignments(function))
    while True:
        more = [each for each in assigned if each[0] & names]
        assigned = [each for each in assigned if not each[0] & names]
        if not more:
            break
        for _, value in more:
            found |= set(_lines(value))
            names |= set(_names(value))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            found |= set(_lines(node))
    return frozenset(found)


def _assignments(function: ast.AST) -> Iterator[tuple[set[str], ast.expr]]:
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield {name for each in targets for name in _names(each)}, value
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield set(_names(target)), value
            case ast.NamedExpr(target=target, value=value):
                yield {target.id}, value
            case _:
                continue


def _names(node: ast.AST) -> Iterator[str]:
    return (each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def _lines(node: Any) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)
