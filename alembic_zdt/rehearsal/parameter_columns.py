"""Find the column to which each parameter of a statement belongs.

https://www.postgresql.org/docs/current/sql-prepare.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic_zdt.checks.sql import parsing
from alembic_zdt.names import QualifiedName

_LIMITS = ("limit_count", "limit_offset")


@dataclass(frozen=True)
class Parameter:
    """A parameter.

    Attributes:
        column: the column with which it is compared, or into which it is written;
            empty if there is no such column.
        tables: the tables that may have the column.
        is_written: whether it is written.
        is_limit: whether it is a number of rows.
    """

    column: str = ""
    tables: tuple[QualifiedName, ...] = ()
    is_written: bool = False
    is_limit: bool = False


def parameters_of(sql: str) -> Mapping[int, Parameter]:
    """Return the parameters of a statement by their numbers.

    Raises:
        UnreadableError: the parser is not installed, or it is no SQL.
    """
    (statement,) = parsing.statements(sql)
    nodes = list(_nodes(statement))
    tables = {
        each.alias.aliasname or each.relname: QualifiedName(
            each.relname, each.schemaname or None
        )
        for each in nodes
        if _kind(each) == "RangeVar"
    }
    found = {each.number: Parameter() for each in nodes if _kind(each) == "ParamRef"}
    for each in nodes:
        found.update(_in_node(each, tables))
    return found


def _in_node(
    node: Any, tables: Mapping[str, QualifiedName]
) -> Iterator[tuple[int, Parameter]]:
    kind = _kind(node)
    if kind == "A_Expr":
        yield from _compared(node.lexpr, node.rexpr, tables)
        yield from _compared(node.rexpr, node.lexpr, tables)
    elif kind == "InsertStmt":
        yield from _inserted(node)
    elif kind == "UpdateStmt":
        for each in node.target_list:
            target = each.res_target
            yield from _written(target.val, target.name, _name(node.relation))
    elif kind == "SelectStmt":
        for name in _LIMITS:
            for each in _parameters(getattr(node, name)):
                yield each, Parameter(is_limit=True)


def _compared(
    side: Any, other: Any, tables: Mapping[str, QualifiedName]
) -> Iterator[tuple[int, Parameter]]:
    columns = [each for each in _nodes(side) if _kind(each) == "ColumnRef"]
    if len(columns) != 1:
        return
    names = [each.string.sval for each in columns[0].fields]
    known = tables.get(names[-2]) if len(names) > 1 else None
    places = (known,) if known is not None else tuple(tables.values())
    for number in _parameters(other):
        yield number, Parameter(names[-1], places)


def _inserted(node: Any) -> Iterator[tuple[int, Parameter]]:
    names = [each.res_target.name for each in node.cols]
    for row in node.select_stmt.select_stmt.values_lists:
        for name, value in zip(names, row.list.items, strict=False):
            yield from _written(value, name, _name(node.relation))


def _written(
    value: Any, column: str, table: QualifiedName
) -> Iterator[tuple[int, Parameter]]:
    for number in _parameters(value):
        yield number, Parameter(column, (table,), is_written=True)


def _name(relation: Any) -> QualifiedName:
    return QualifiedName(relation.relname, relation.schemaname or None)


def _parameters(node: Any) -> Iterator[int]:
    return (each.number for each in _nodes(node) if _kind(each) == "ParamRef")


def _kind(node: Any) -> str:
    return str(node.DESCRIPTOR.name)


def _nodes(node: Any) -> Iterator[Any]:
    """Yield a message and all messages in it."""
    yield node
    for each, value in node.ListFields():
        if each.message_type is None:
            continue
        for part in value if isinstance(value, Sequence) else (value,):
            yield from _nodes(part)
