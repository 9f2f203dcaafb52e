"""The condition with which an UPDATE can be done in batches.

It must be true for each row that the UPDATE changes, and false afterwards.  There is
no such condition if a value depends on what the UPDATE changes, or on more than the
row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from alembic_zdt.checks.sql.key_options import columns_in
from alembic_zdt.checks.sql.parsing import written
from alembic_zdt.names import quote

# Functions that give the same value when they are applied to it again.
_SETTLING = {
    "abs",
    "btrim",
    "ceil",
    "ceiling",
    "floor",
    "initcap",
    "lower",
    "ltrim",
    "round",
    "rtrim",
    "trunc",
    "upper",
}
# Functions whose value depends on their arguments alone.
_IMMUTABLE = _SETTLING | {
    "array_append",
    "array_length",
    "array_prepend",
    "array_remove",
    "cardinality",
    "char_length",
    "decode",
    "encode",
    "extract",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_set",
    "left",
    "length",
    "lpad",
    "make_date",
    "md5",
    "mod",
    "octet_length",
    "overlay",
    "position",
    "power",
    "regexp_replace",
    "replace",
    "reverse",
    "right",
    "rpad",
    "sha256",
    "split_part",
    "sqrt",
    "strpos",
    "substr",
    "substring",
    "to_hex",
    "translate",
}
_WITHOUT_EQUALITY = {"box", "json", "path", "point", "polygon", "xml"}
"""Types without a comparison, or whose comparison is not by value."""

_UNSURE = {"func_call", "param_ref", "set_to_default", "sqlvalue_function", "sub_link"}
"""Nodes whose value may be different in the next batch."""


def where_of_batches(node: Any) -> str | None:
    """Return the condition for ``op.backfill()``, None if there is none.

    Args:
        node: an ``UpdateStmt`` of one table, which sets whole columns.
    """
    targets = [each.res_target for each in node.target_list]
    changed = {each.name for each in targets}
    condition = node.where_clause if node.HasField("where_clause") else None
    if condition is not None and not _is_steady(condition):
        return None
    if not all(_is_steady(each.val) for each in targets):
        return None
    if condition is not None and _is_ended(condition, targets):
        return written(condition)
    if not all(_settles(each, changed) for each in targets):
        return None
    differing = " OR ".join(map(_differs, targets))
    if condition is None:
        return differing
    both = f"({differing})" if len(targets) > 1 else differing
    return f"{_in_brackets(condition)} AND {both}"


def _in_brackets(condition: Any) -> str:
    text = written(condition)
    is_or = condition.WhichOneof("node") == "bool_expr" and " OR " in text
    return f"({text})" if is_or else text


def _differs(target: Any) -> str:
    column = quote(target.name)
    if _is_null(target.val):
        return f"{column} IS NOT NULL"
    return f"{column} IS DISTINCT FROM {_as_operand(target.val)}"


def _as_operand(value: Any) -> str:
    """Return an expression in parentheses, unless it is one word or one call."""
    is_simple = value.WhichOneof("node") in {
        "a_const",
        "coalesce_expr",
        "column_ref",
        "func_call",
        "type_cast",
    }
    return written(value) if is_simple else f"({written(value)})"


def _is_null(value: Any) -> bool:
    return value.WhichOneof("node") == "a_const" and bool(value.a_const.isnull)


def _nodes(message: Any) -> Iterator[tuple[str, Any]]:
    """Yield each node of an expression with its name in the grammar."""
    for each, value in message.ListFields():
        if each.message_type is None:
            continue
        for part in value if isinstance(value, Sequence) else (value,):
            yield each.name, part
            yield from _nodes(part)


def _is_steady(value: Any) -> bool:
    """Check whether an expression has the same value in each batch."""
    for name, node in _nodes(value):
        if name == "func_call":
            if node.funcname[-1].string.sval not in _IMMUTABLE:
                return False
        elif name == "type_name":
            if node.names[-1].string.sval in _WITHOUT_EQUALITY:
                return False
        elif name in _UNSURE or (name == "a_const" and node.HasField("fval")):
            return False
    return True


def _settles(target: Any, changed: set[str]) -> bool:
    """Check whether an expression gives the same value again after the change."""
    used = columns_in(target.val) & changed
    if not used:
        return True
    if used != {target.name}:
        return False
    value, kind = target.val, target.val.WhichOneof("node")
    if kind == "func_call":
        first, *others = value.func_call.args
        is_settling = value.func_call.funcname[-1].string.sval in _SETTLING
        is_first = _is_column(first, target.name)
        return is_settling and is_first and not any(map(columns_in, others))
    if kind == "coalesce_expr":
        first, *others = value.coalesce_expr.args
        is_first = _is_column(first, target.name)
        return is_first and not any(columns_in(each) & changed for each in others)
    return False


def _is_column(node: Any, name: str) -> bool:
    is_reference = node.WhichOneof("node") == "column_ref"
    return is_reference and columns_in(node) == {name}


def _is_ended(condition: Any, targets: Sequence[Any]) -> bool:
    """Check whether the UPDATE makes its own condition false for every row."""
    values = {each.name: each.val for each in targets}
    return any(_is_false_then(each, values) for each in _conjuncts(condition))


def _conjuncts(condition: Any) -> Iterator[Any]:
    is_list = condition.WhichOneof("node") == "bool_expr"
    if is_list and condition.bool_expr.boolop == _AND:
        for each in condition.bool_expr.args:
            yield from _conjuncts(each)
    else:
        yield condition


_AND, _IS_NULL, _OPERATOR = 1, 1, 1


def _is_false_then(part: Any, values: dict[str, Any]) -> bool:
    kind = part.WhichOneof("node")
    if kind == "null_test":
        value = values.get(_name(part.null_test.arg))
        is_null = part.null_test.nulltesttype == _IS_NULL
        return value is not None and _is_constant(_uncast(value), null=not is_null)
    if kind != "a_expr" or part.a_expr.kind != _OPERATOR:
        return False
    comparison = part.a_expr
    old, new = comparison.rexpr, values.get(_name(comparison.lexpr))
    if new is None or not (_is_constant(new) and _is_constant(old)):
        return False
    is_same, operator = written(new) == written(old), comparison.name[-1].string.sval
    if operator == "=":
        return not is_same and _kind(new) == _kind(old)
    return operator in {"<>", "!="} and is_same


def _uncast(value: Any) -> Any:
    """Return the argument of a cast, and any other expression unchanged."""
    return value.type_cast.arg if value.WhichOneof("node") == "type_cast" else value


def _is_constant(value: Any, *, null: bool = False) -> bool:
    return value.WhichOneof("node") == "a_const" and _is_null(value) is null


def _kind(constant: Any) -> str | None:
    found: str | None = constant.a_const.WhichOneof("val")
    return found


def _name(node: Any) -> str:
    if node.WhichOneof("node") != "column_ref":
        return ""
    return str(node.column_ref.fields[-1].string.sval)
