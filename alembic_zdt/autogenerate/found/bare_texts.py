"""SQL of the database as SQLAlchemy's text, in which no colon begins a parameter."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ClauseElement, TextClause, text
from sqlalchemy.sql import visitors

_COLON = re.compile(r"(?<!:):(?!:)")
_UNESCAPED = re.compile(r"(?<![:\\]):(?!:)")


def escaped(sql: str) -> str:
    """Keep SQLAlchemy from reading a colon of SQL as the start of a bind parameter."""
    return _COLON.sub(r"\\:", sql)


def without_parameters(expression: Any) -> Any:
    """Return an expression without the parameters that have no value.

    SQLAlchemy takes the colons in reflected SQL for the start of such parameters.
    """
    element: Any = expression
    if not isinstance(expression, ClauseElement):
        return expression
    return visitors.replacement_traverse(element, {}, _bare)


def _bare(element: Any, **_: Any) -> Any:
    if not isinstance(element, TextClause):
        return None
    values = [*element.compile().params.values()]
    if not values or any(value is not None for value in values):
        return None
    return text(_UNESCAPED.sub(r"\\:", element.text))
