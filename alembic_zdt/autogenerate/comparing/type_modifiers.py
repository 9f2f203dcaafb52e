"""Lengths and precisions of types, which Alembic compares only if both state one.

https://www.postgresql.org/docs/current/datatype.html
"""

from __future__ import annotations

import re
from typing import Any

from alembic_zdt.operations.columns.column_types import spelled, without_collation

_MODIFIER = re.compile(r"\(([\d, ]+)\)")
_TIMES = ("TIME", "TIMESTAMP", "TIME WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE")
_DEFAULTS = dict.fromkeys(
    ("BIT VARYING", "INTERVAL", "NUMERIC", "VARCHAR", *_TIMES), ""
) | {"BIT": "1", "CHAR": "1"}
"""Types whose length or precision the server keeps, with the default of each type."""


def of_model(type_: Any) -> str | None:
    """Return the length or precision that a type of a model states.

    It is empty if the model leaves it open, and None if the type has none.
    """
    name = _name(type_).replace("[]", "")
    if name not in _DEFAULTS:
        return None
    return _in(spelled(type_)) or _DEFAULTS[name]


def are_alike(one: Any, other: Any) -> bool:
    """Check whether two types differ at most in their length or precision."""
    return _name(one) == _name(other)


def _name(type_: Any) -> str:
    name = _MODIFIER.sub("", without_collation(spelled(type_)))
    return " ".join(name.replace("DECIMAL", "NUMERIC").split()).replace(
        " WITHOUT TIME ZONE", ""
    )


def of_server(type_: str) -> str:
    """Return the length or precision of a type of the server, empty without one.

    Args:
        type_: the result of ``format_type()``.
    """
    return "" if '"' in type_ else _in(type_)


def _in(text: str) -> str:
    found = _MODIFIER.search(text)
    # NUMERIC(7) is NUMERIC(7, 0).
    return found[1].replace(" ", "").removesuffix(",0") if found else ""
