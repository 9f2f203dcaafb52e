"""Answers of an empty database: no row, counts of 0, tables without columns.

https://docs.sqlalchemy.org/en/20/core/reflection.html
"""

from __future__ import annotations

import re
from typing import Any

_LEADING = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/|\()*"
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
        text: of the query.
        version: of the server, as ``server_version_num``.
        key: of the row that an INSERT adds.
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
    """Return the row of queries that have one in an empty database, too."""
    if _COUNT.match(text):
        return [(0,)]
    if _AGGREGATE.match(text):
        return [(None,)]
    exists = _EXISTS.match(text)
    return [(bool(exists["not"]),)] if exists else []


class EmptyCatalog:
    """The catalog of an empty database, for the inspectors of a dialect.

    So a revision takes the branch in which the object does not exist yet.
    """

    def get_columns(self, *_arguments: Any, **_named: Any) -> list[Any]:
        """Return no column, without an error for a table that does not exist."""
        return []

    get_check_constraints = get_columns
    get_foreign_keys = get_columns
    get_indexes = get_columns
    get_unique_constraints = get_columns

    def get_pk_constraint(self, *_arguments: Any, **_named: Any) -> Any:
        """Return a primary key without columns."""
        return {"constrained_columns": [], "name": None}

    def get_table_comment(self, *_arguments: Any, **_named: Any) -> Any:
        """Return an empty comment."""
        return {"text": None}
