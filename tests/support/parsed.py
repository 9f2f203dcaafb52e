"""Find what a statement leaves to the search_path, with PostgreSQL's own parser."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

_postgast: Any = importlib.import_module("postgast")
_json: Any = importlib.import_module("google.protobuf.json_format")

_SCHEMA = {"string": {"sval": "pg_catalog"}}
_UNSEEN = {
    "location",
    "list_start",
    "list_end",
    "rexpr_list_start",
    "rexpr_list_end",
    "stmt_len",
}


def left_to_the_path(sql: str) -> list[str]:
    """Return the operators, functions, types and catalogs without a schema."""
    return sorted(set(_found(_postgast.parse(sql))))


def meaning(sql: str) -> Any:
    """Return the tree of a statement as if nobody had written ``pg_catalog``."""
    tree = _json.MessageToDict(_postgast.parse(sql), preserving_proto_field_name=True)
    return _plain(tree)


def _found(tree: Any) -> Iterator[str]:
    for _, node in _postgast.walk(tree):
        yield from _of_node(type(node).__name__, node)


def _of_node(kind: str, node: Any) -> Iterator[str]:
    if kind in _NAMED:
        field, words = _NAMED[kind]
        names = getattr(node, field)
        if len(names) == 1:
            yield words.format(_last(names))
    elif kind == "RangeVar" and not node.schemaname:
        if node.relname.startswith("pg_"):
            yield node.relname
    elif kind in _IMPLICIT and _IMPLICIT[kind](node):
        yield f"the operator in {kind}"


_NAMED = {
    "A_Expr": ("name", "operator {}"),
    "FuncCall": ("funcname", "{}()"),
    "TypeName": ("names", "type {}"),
}
# CASE x WHEN, JOIN USING, IN (SELECT).
_IMPLICIT: dict[str, Callable[[Any], bool]] = {
    "CaseExpr": lambda node: node.HasField("arg"),
    "JoinExpr": lambda node: bool(node.using_clause or node.is_natural),
    "SubLink": lambda node: node.HasField("testexpr") and len(node.oper_name) < 2,
}


def _last(names: Any) -> str:
    return str(names[-1].string.sval)


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(each) for each in node if each != _SCHEMA]
    if not isinstance(node, dict):
        return node
    node = {key: _plain(each) for key, each in node.items() if key not in _UNSEEN}
    for kind, spelled in _SPELLED.items():
        if kind in node:
            node = spelled(node)
    return node


def _expression(node: dict[str, Any]) -> dict[str, Any]:
    """Return IN, LIKE and NULLIF as the operators that they stand for."""
    found = node["a_expr"]
    kind = found.get("kind")
    if kind in ("AEXPR_LIKE", "AEXPR_ILIKE"):
        return {"a_expr": found | {"kind": "AEXPR_OP"}}
    if kind == "AEXPR_IN":
        elements = {"elements": found["rexpr"]["list"]["items"]}
        kind = "AEXPR_OP_ANY" if _name(found["name"]) == "=" else "AEXPR_OP_ALL"
        return {"a_expr": found | {"kind": kind, "rexpr": {"a_array_expr": elements}}}
    if kind == "AEXPR_NULLIF":
        same = {"a_expr": found | {"kind": "AEXPR_OP"}}
        when = {"expr": same, "result": {"a_const": {"isnull": True}}}
        args = [{"case_when": when}]
        return {"case_expr": {"args": args, "defresult": found["lexpr"]}}
    return node


def _subquery(node: dict[str, Any]) -> dict[str, Any]:
    found = node["sub_link"]
    if found["sub_link_type"] == "ANY_SUBLINK" and "oper_name" not in found:
        found = found | {"oper_name": [{"string": {"sval": "="}}]}
    return {"sub_link": found}


def _negation(node: dict[str, Any]) -> dict[str, Any]:
    """Return NOT IN (SELECT) as ``<> ALL``."""
    found = node["bool_expr"]
    inner = found["args"][0].get("sub_link", {})
    if found["boolop"] != "NOT_EXPR" or inner.get("sub_link_type") != "ANY_SUBLINK":
        return node
    differs = {"oper_name": [{"string": {"sval": "<>"}}]}
    return {"sub_link": inner | {"sub_link_type": "ALL_SUBLINK"} | differs}


_SPELLED = {"a_expr": _expression, "sub_link": _subquery, "bool_expr": _negation}


def _name(names: list[dict[str, Any]]) -> str:
    return str(names[-1]["string"]["sval"])
