"""Check whether a function of a revision only calls operations.

Such a function can be called once more with operations that run nothing.  A function
that asks the database, or calls unknown code, cannot: it might send a mail.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

_BUILTINS = frozenset(
    {
        *("bool", "dict", "enumerate", "float", "int", "len", "list", "max", "min"),
        *("range", "reversed", "set", "sorted", "str", "sum", "tuple", "zip"),
    }
)
_METHODS = frozenset(
    {
        *("append", "extend", "format", "get", "items", "join", "keys", "lower"),
        *("replace", "split", "strip", "title", "upper", "values"),
        *("autocommit_block", "batch_alter_table"),
    }
)
_EXPRESSIONS = frozenset(
    {
        *("asc", "between", "bindparams", "cast", "collate", "concat", "contains"),
        *("desc", "distinct", "endswith", "ilike", "in_", "is_", "is_distinct_from"),
        *("is_not", "is_not_distinct_from", "label", "like", "not_ilike", "not_in"),
        *("not_like", "nulls_first", "nulls_last", "op", "regexp_match", "self_group"),
        *("startswith", "where", "with_only_columns"),
    }
)
"""Methods of SQLAlchemy's expressions."""

_ASKING = frozenset({"get_bind", "run_async", "create_engine", "inspect", "connect"})
_PACKAGES = ("sqlalchemy", "alembic", "alembic_zdt")
_FORBIDDEN = (ast.Await, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)


class PlainCode:
    """The functions of a revision file.

    Args:
        source: its text.
    """

    def __init__(self, source: bytes) -> None:
        nodes = ast.parse(source).body
        self._functions: Mapping[str, ast.FunctionDef] = {
            node.name: node for node in nodes if isinstance(node, ast.FunctionDef)
        }
        self._known = frozenset(name for node in nodes for name in _imported(node))

    def is_plain(self, name: str) -> bool:
        """Check whether a function, and all that it calls, only calls operations."""
        return name in self._functions and self._is_plain(name, frozenset())

    def _is_plain(self, name: str, callers: frozenset[str]) -> bool:
        function = self._functions[name]
        if function.decorator_list or name in callers:
            return False
        return all(
            self._is_harmless(node, callers | {name})
            for statement in function.body
            for node in ast.walk(statement)
        )

    def _is_harmless(self, node: ast.AST, callers: frozenset[str]) -> bool:
        if isinstance(node, _FORBIDDEN):
            return False
        if isinstance(node, ast.Import | ast.ImportFrom):
            return bool(list(_imported(node)))
        if isinstance(node, ast.Call):
            return self._is_harmless_call(node.func, callers)
        return True

    def _is_harmless_call(self, called: ast.expr, callers: frozenset[str]) -> bool:
        if isinstance(called, ast.Name):
            if called.id in self._functions:
                return self._is_plain(called.id, callers)
            return called.id in _BUILTINS or called.id in self._known - _ASKING
        if not isinstance(called, ast.Attribute) or called.attr in _ASKING:
            return False
        return called.attr in _METHODS | _EXPRESSIONS or _root(called) in self._known


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield the names that a file imports from packages whose calls run nothing."""
    if isinstance(node, ast.ImportFrom) and _is_known(node.module or ""):
        yield from (part.asname or part.name for part in node.names)
    elif isinstance(node, ast.Import):
        for part in node.names:
            if _is_known(part.name):
                yield part.asname or part.name.partition(".")[0]


def _is_known(module: str) -> bool:
    return module.partition(".")[0] in _PACKAGES
