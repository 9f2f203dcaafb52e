"""Text of other roles, before it is printed.

A name in the database, and the query of a session, may have any character.  A terminal
obeys some of them, and a line break begins a line that looks like one of ours.
https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import logging


def printable(text: str, *, keep: str = "") -> str:
    """Return *text* with escapes for what is no visible character and no space.

    Args:
        text: of any source.
        keep: further characters that stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in keep
        else character.encode("unicode_escape").decode()
        for character in text
    )


def _escape(record: logging.LogRecord) -> bool:
    """Let a log line show what cannot be seen; it may hold statements of many lines."""
    text = record.getMessage()
    if not text.isprintable():
        record.msg, record.args = printable(text, keep="\n\t"), None
    return True


logging.getLogger("alembic_zdt").addFilter(_escape)
