"""What an empty database answers: no row, counts of 0, tables without columns.

https://docs.sqlalchemy.org/en/20/core/reflection.html
"""

from __future__ import annotations

import re
from typing import Any

_LEADING = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/|\()*"
_FLAGS = re.IGNORECASE | re.DOTALL


def _begins(words: str) -> re.Pattern[str]:
    """A text that begins with *words*, behind comments and parentheses."""
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
    """Whether it is a query, and not only done."""
    return bool(_ROWS.match(text) or _RETURNING.search(text))


def answer(text: str, version: int, key: int) -> list[tuple[Any, ...]]:
    """The rows of an empty database.

    Args:
        text: of the query.
        version: of the server, as ``server_version_num``.
        key: that a row which is added gets.
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
    """The row that some queries have even so."""
    if _COUNT.match(text):
        return [(0,)]
    if _AGGREGATE.match(text):
        return [(None,)]
    exists = _EXISTS.match(text)
    return [(bool(exists["not"]),)] if exists else []


class EmptyCatalog:
    """Of a dialect: what inspectors ask of a table, which is there or not.

    So the branch of a revision is seen that finds nothing there yet.
    """

    def get_columns(self, *_arguments: Any, **_named: Any) -> list[Any]:
        """None; and no error for a table that is not there."""
        return []

    get_check_constraints = get_columns
    get_foreign_keys = get_columns
    get_indexes = get_columns
    get_unique_constraints = get_columns

    def get_pk_constraint(self, *_arguments: Any, **_named: Any) -> Any:
        """None."""
        return {"constrained_columns": [], "name": None}

    def get_table_comment(self, *_arguments: Any, **_named: Any) -> Any:
        """None."""
        return {"text": None}
