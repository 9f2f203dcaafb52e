"""Statements of a revision, and what their text shows without a parser."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_KEEPS_NAMES = re.compile(
    r"""
    \A\s*+(?:INSERT | UPDATE | DELETE | COMMENT | CREATE\s++(?:UNIQUE\s++)?+INDEX
        | ALTER\s++TABLE\b (?![^;]*\b(?:RENAME | SCHEMA | ATTACH | DETACH)\b)
    )\b [^;]*+;?+\s*+\Z
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COPIES_ROWS = re.compile(
    r"\A\s*+INSERT\b.*\b(?:SELECT|TABLE)\b", re.IGNORECASE | re.DOTALL
)
_DROPS = re.compile(r"\bDROP\b", re.IGNORECASE)
_UNICODE = re.compile(r"\bU&[\"']", re.IGNORECASE)


@dataclass(frozen=True)
class SentStatement:
    """A statement that is about to be sent.

    Attributes:
        text: the text of the statement.
        construct: SQLAlchemy's construct, None for plain text.
        is_formatted: whether the driver reads %s and %% in it.
    """

    text: str
    construct: Any
    is_formatted: bool

    @property
    def change_of_rows(self) -> str:
        """Return the first words of a change of rows, empty for other SQL."""
        first, *more = self.text.split(None, 3)[:3]
        is_change = first.upper() in {"INSERT", "UPDATE", "DELETE"}
        return " ".join([first, *more]) if is_change else ""

    def may_name(self, names: Iterable[str]) -> bool:
        """Check whether it may contain one of the names."""
        text = self.text.lower()
        return any(name.lower() in text for name in names) or bool(
            _UNICODE.search(text)
        )


def keeps_names(text: str) -> bool:
    """Check whether *text* is one statement after which all tables keep their names."""
    return _KEEPS_NAMES.match(text) is not None


def is_plain_sql(text: str) -> bool:
    """Check whether *text* keeps all names, and copies no rows."""
    return keeps_names(text) and not _COPIES_ROWS.match(text)


def drops(text: str) -> bool:
    """Check whether *text* may drop a column."""
    return _DROPS.search(text) is not None
