"""Removal of passwords from the texts of events.

An error may quote the URL of a database, and the last query of a session may be an
``ALTER ROLE``.
https://www.postgresql.org/docs/current/sql-alterrole.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

_STARS = "***"
_SHAPES = (
    re.compile(r"(?P<kept>\w://[^\s:/@]*:)[^\s/]+(?=@)"),
    re.compile(
        # In a literal of SQL the quotes of a connection string are doubled.
        r"(?P<kept>password\s*=\s*)"
        r"(?:''[^']*+''|'(?:[^'\\]|\\.|'')*+'?|\"[^\"]*+\"?|[^\s,;&'\"]++)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<kept>\bpassword\s+)(?:(?:E|U&)?'(?:[^'\\]|''|\\.)*+'?"
        r"|\$(\w*)\$.*?(?:\$\2\$|\Z))",
        re.IGNORECASE | re.DOTALL,
    ),
)

Found = TypeVar("Found")


def without_passwords(value: Found, passwords: Iterable[str]) -> Found:
    """Return a text, or a dataclass with all its texts, without any password.

    Args:
        value: an event, or a part of one.
        passwords: passwords that are known, in addition to those that a text marks as
            such.
    """
    known = [re.compile(rf"(?<!\w){re.escape(each)}(?!\w)") for each in passwords]
    found: Any = _without(value, known)
    return found  # type: ignore[no-any-return]


def _without(value: Any, known: list[re.Pattern[str]]) -> Any:
    if isinstance(value, str):
        return _text_without(value, known)
    if isinstance(value, tuple):
        return tuple(_without(each, known) for each in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {
        each.name: _without(getattr(value, each.name), known)
        for each in fields(value)
        if each.name not in _NAMES
    }
    return replace(value, **changed)


# A password may be a word that is also a name; a name by itself reveals nothing.
_NAMES = frozenset(
    {
        *("run", "target", "database", "server", "revision", "revisions"),
        *("left_out", "table", "error"),
    }
)


def _text_without(text: str, known: list[re.Pattern[str]]) -> str:
    for shape in _SHAPES:
        text = shape.sub(rf"\g<kept>{_STARS}", text)
    for each in known:
        text = each.sub(_STARS, text)
    return text
