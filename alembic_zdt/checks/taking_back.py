"""Match the calls of a downgrade with the calls of the upgrade that they reverse.

https://alembic.sqlalchemy.org/en/latest/ops.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any

_BACK = "it is not clear which calls of downgrade() belong to which part"


class CannotSplitError(Exception):
    """A refusal to split a revision, for the reason in the text."""


_INVERSE = {
    "add": {"drop"},
    "alter": {"alter"},
    "create": {"drop"},
    "drop": {"add", "create"},
    "rename": {"rename"},
}
_AFFIXES = re.compile(
    r"^(?:expand|migrate|contract)_|_(?:concurrently|safely|two_phase)$"
)
_CONSTRAINTS = re.compile(r"(?:check|unique)_constraint|foreign_key|primary_key")
_WITHOUT_REVERSE = {"irreversible"}


def is_same_for_both(below: Sequence[ast.stmt]) -> bool:
    """Return whether the downgrade does nothing, or always fails."""
    if len(below) > 1:
        return False
    return all(
        isinstance(each, ast.Pass | ast.Raise) or operation_of(each) in _WITHOUT_REVERSE
        for each in below
    )


def cut_of_downgrade(
    above: Sequence[ast.stmt], cut: int, below: Sequence[ast.stmt]
) -> int:
    """Return how many statements of the downgrade reverse the second part."""
    found = [
        back
        for back in range(len(below) + 1)
        if all(_is_undone_by(above[cut:], each) for each in below[:back])
        and all(_is_undone_by(above[:cut], each) for each in below[back:])
    ]
    if len(found) == 1:
        return found[0]
    mirrored = zip(above, reversed(below), strict=False)
    if len(above) == len(below) and all(_is_pair(*each) for each in mirrored):
        return len(above) - cut
    raise CannotSplitError(_BACK)


def _is_undone_by(part: Sequence[ast.stmt], back: ast.stmt) -> bool:
    forth = [call for each in part for call in _calls(each)]
    undone = [any(_takes_back(each, call) for each in forth) for call in _calls(back)]
    return bool(undone) and all(undone)


def _calls(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield a statement itself, or each call of a batch with the batch's arguments."""
    if not isinstance(statement, ast.With):
        yield statement
        return
    opened: Any = statement.items[0].context_expr
    given = getattr(opened, "args", [])
    for inner in statement.body:
        call: Any = getattr(inner, "value", None)
        if isinstance(inner, ast.Expr) and isinstance(call, ast.Call):
            named = [*call.keywords, *getattr(opened, "keywords", [])]
            whole = ast.Call(call.func, [*given, *call.args], named)
            yield ast.Expr(whole)
        else:
            yield inner


def _takes_back(forth: ast.stmt, back: ast.stmt) -> bool:
    """Return whether one call is the reverse of another, by its name and arguments."""
    (verb, noun), (other, same) = _verb_and_noun(forth), _verb_and_noun(back)
    is_inverse = other in _INVERSE.get(verb, ()) and noun == same
    return is_inverse and bool(_texts(back)) and _texts(back) <= _texts(forth)


def _is_pair(forth: ast.stmt, back: ast.stmt) -> bool:
    if _is_undone_by([forth], back):
        return True
    is_sql = "execute" in {operation_of(forth), operation_of(back)}
    return is_sql and bool(_words(forth) & _words(back))


def _verb_and_noun(statement: ast.stmt) -> tuple[str, str]:
    name = _AFFIXES.sub("", _AFFIXES.sub("", operation_of(statement)))
    verb, _, noun = name.partition("_")
    return verb, _CONSTRAINTS.sub("constraint", noun)


def operation_of(statement: ast.stmt) -> str:
    """Return the name of the operation that a statement calls, empty without a call."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else ""


def _texts(statement: ast.stmt) -> set[str]:
    """Return the names in a call's positional arguments and ``schema=``.

    Other options are ignored.
    """
    call: Any = getattr(statement, "value", None)
    given = getattr(call, "args", [])
    kept = [w.value for w in getattr(call, "keywords", []) if w.arg == "schema"]
    return {
        node.value
        for argument in (*given, *kept)
        for node in ast.walk(argument)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } - {"check", "foreignkey", "primary", "unique"}


_SQL_WORDS = re.compile(
    r"add|alter|and|by|column|create|default|delete|drop|exists|from|if|in|index|insert"
    r"|into|is|not|null|on|or|select|set|table|to|update|values|view|where",
    re.IGNORECASE,
)


def _words(statement: ast.stmt) -> set[str]:
    found = (word for text in _texts(statement) for word in re.findall(r"\w+", text))
    return {word for word in found if not _SQL_WORDS.fullmatch(word)}
