"""Tells which calls of a downgrade take back which calls of the upgrade.

https://alembic.sqlalchemy.org/en/latest/ops.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

_BACK = "it is not clear which calls of downgrade() belong to which part"


class CannotSplitError(Exception):
    """The file is left as it is; the text says why."""


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
    """Return how many statements of the downgrade take back the second part."""
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
    return any(_takes_back(each, back) for each in part)


def _takes_back(forth: ast.stmt, back: ast.stmt) -> bool:
    """Return whether one call is the reverse of another, by its name and arguments."""
    (verb, noun), (other, same) = _verb_and_noun(forth), _verb_and_noun(back)
    is_inverse = other in _INVERSE.get(verb, ()) and noun == same
    return is_inverse and bool(_texts(back)) and _texts(back) <= _texts(forth)


def _is_pair(forth: ast.stmt, back: ast.stmt) -> bool:
    if _takes_back(forth, back):
        return True
    is_sql = "execute" in {operation_of(forth), operation_of(back)}
    return is_sql and bool(_words(forth) & _words(back))


def _verb_and_noun(statement: ast.stmt) -> tuple[str, str]:
    name = _AFFIXES.sub("", _AFFIXES.sub("", operation_of(statement)))
    verb, _, noun = name.partition("_")
    return verb, _CONSTRAINTS.sub("constraint", noun)


def operation_of(statement: ast.stmt) -> str:
    """Return the name of the operation that is called, empty where it is no call."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else ""


def _texts(statement: ast.stmt) -> set[str]:
    """Return the names that a call is about, those of options left out."""
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
