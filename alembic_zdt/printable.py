"""Printable form of text that other roles may have written.

A name in the database, and the query of a session, may have any character.  A terminal
interprets some of them, and a line break begins a line that looks like one of ours.
https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import logging


def printable(text: str, *, keep: str = "") -> str:
    """Return *text* with escapes for invisible characters other than spaces.

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
    """Escape the invisible characters of a log line, except tabs and line breaks."""
    text = record.getMessage()
    if not text.isprintable():
        record.msg, record.args = printable(text, keep="\n\t"), None
    return True


logging.getLogger("alembic_zdt").addFilter(_escape)
