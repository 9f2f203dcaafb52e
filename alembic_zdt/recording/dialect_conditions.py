"""Conditions on the database's name, of which PostgreSQL runs one branch only.

https://docs.sqlalchemy.org/en/20/dialects/index.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_OTHERS = (
    *("bigquery", "cockroach", "databricks", "duckdb", "h2", "hana", "hive", "mariadb"),
    *("mssql", "mysql", "oracle", "redshift", "snowflake", "spanner", "sqlite"),
    *("sybase", "trino", "vertica"),
)
_OWN = "postgres"
_DEEPEST = 3


def is_for_others(
    test: ast.expr,
    function: ast.AST,
    tree: ast.Module,
    *,
    was_true: bool,
) -> bool:
    """Check whether the branch that did not run is for other databases.

    Args:
        test: the condition.
        function: the function that contains it, whose variables it may use.
        tree: the tree of the file, whose functions it may call.
        was_true: the value that the condition had.
    """
    return _on_postgresql(test, (function, tree), _DEEPEST) is was_true


def _on_postgresql(
    test: ast.expr, scopes: tuple[ast.AST, ...], left: int
) -> bool | None:
    """Return the value of a condition on PostgreSQL, None if it is unknown."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            found = _on_postgresql(operand, scopes, left)
            return None if found is None else not found
        case ast.BoolOp(op=kind, values=values):
            known = [_on_postgresql(each, scopes, left) for each in values]
            return _combined(known, decides=isinstance(kind, ast.Or))
        case ast.Compare(left=a, ops=[kind], comparators=[b]):
            return _compared(kind, [*_texts(a), *_texts(b)])
        case ast.Call(
            func=ast.Attribute(attr="startswith"),
            args=[ast.Constant(value=str() as text)],
        ):
            return _is_own([text]) if _are_databases([text]) else None
    values = _values(test, scopes) if left else []
    return _on_postgresql(values[0], scopes, left - 1) if len(values) == 1 else None


def _values(test: ast.expr, scopes: tuple[ast.AST, ...]) -> list[ast.expr]:
    """Return the values of a variable, or the results of a function of the file."""
    match test:
        case ast.Name(id=name):
            return _assigned(name, scopes)
        case ast.Call(func=ast.Name(id=name)):
            return list(_returned(name, scopes))
    return []


def _combined(known: list[bool | None], *, decides: bool) -> bool | None:
    if decides in known:
        return decides
    return None if None in known else not decides


def _compared(kind: ast.cmpop, texts: list[str]) -> bool | None:
    if not _are_databases(texts):
        return None
    if isinstance(kind, ast.Eq | ast.In | ast.Is):
        return _is_own(texts)
    if isinstance(kind, ast.NotEq | ast.NotIn | ast.IsNot):
        return not _is_own(texts)
    return None


def _are_databases(texts: list[str]) -> bool:
    known = (*_OTHERS, _OWN)
    return bool(texts) and all(text.lower().startswith(known) for text in texts)


def _is_own(texts: list[str]) -> bool:
    return any(text.lower().startswith(_OWN) for text in texts)


def _texts(node: ast.expr) -> Iterator[str]:
    """Yield the constants of an operand: a text, or a collection of texts."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            for part in parts:
                yield from _texts(part)


def _assigned(name: str, scopes: tuple[ast.AST, ...]) -> list[ast.expr]:
    """Return the values that the innermost scope of a variable assigns to it."""
    for scope in scopes:
        found = [
            node.value
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign)
            and [ast.Name] == [type(each) for each in node.targets]
            and ast.unparse(node.targets[0]) == name
        ]
        if found:
            return found
    return []


def _returned(name: str, scopes: tuple[ast.AST, ...]) -> Iterator[ast.expr]:
    for node in ast.walk(scopes[-1]):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            for each in ast.walk(node):
                if isinstance(each, ast.Return) and each.value is not None:
                    yield each.value
