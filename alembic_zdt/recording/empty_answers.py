"""Answers of an empty database: no row, and counts of 0.

https://www.postgresql.org/docs/current/queries.html
"""

from __future__ import annotations

import re
from typing import Any

_LEADING = r"\A(?:\s++|--[^\n]*+(?:\n|\Z)|/\*.*?\*/|\()*+"
_FLAGS = re.IGNORECASE | re.DOTALL


def _begins(words: str) -> re.Pattern[str]:
    """Return a pattern for the first words, after comments and parentheses."""
    return re.compile(_LEADING + words, _FLAGS)


_ROWS = _begins(r"(?:SELECT|WITH|SHOW|VALUES|TABLE|EXPLAIN)\b")
_RETURNING = re.compile(r"\bRETURNING\b(?P<columns>.*)\Z", _FLAGS)
_INSERT = _begins(r"INSERT\b")
_COUNT = _begins(r"SELECT\s+(?:coalesce\s*\(\s*(?:max|min|sum|avg)|count)\s*\(")
_AGGREGATE = _begins(r"SELECT\s+(?:max|min|sum|avg|\w+_agg|bool_\w+)\s*\(")
_EXISTS = _begins(r"SELECT\s+(?P<not>NOT\s+)?EXISTS\b")
_VERSION_NUMBER = re.compile(r"server_version_num", re.IGNORECASE)
_VERSION = re.compile(r"\bversion\s*\(|SHOW\s+server_version\s*$", re.IGNORECASE)


def gives_rows(text: str) -> bool:
    """Check whether a statement returns rows."""
    return bool(_ROWS.match(text) or _RETURNING.search(text))


def answer(text: str, version: int, key: int) -> list[tuple[Any, ...]]:
    """Return the rows of an empty database.

    Args:
        text: the text of the query.
        version: the version of the server, as ``server_version_num``.
        key: the primary key of the row that an INSERT adds.
    """
    returning = _RETURNING.search(text) if _INSERT.match(text) else None
    if returning is not None:  # the ORM needs the key of a row that it has added
        return [(key,) * (returning["columns"].count(",") + 1)]
    if _VERSION_NUMBER.search(text):
        return [(str(version),)]
    if _VERSION.search(text):
        return [(f"PostgreSQL {version // 10000}.{version % 10000}",)]
    return _always_one(text)


def _always_one(text: str) -> list[tuple[Any, ...]]:
    """Return the row of queries that return one even in an empty database."""
    if _COUNT.match(text):
        return [(0,)]
    if _AGGREGATE.match(text):
        return [(None,)]
    exists = _EXISTS.match(text)
    return [(bool(exists["not"]),)] if exists else []
