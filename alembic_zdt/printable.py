"""Printable form of text that other roles may have written.

A name in the database, and the query of a session, may have any character.  A terminal
interprets some of them, and a line break begins a line that looks like one of ours.
https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import logging
from collections.abc import Sequence


def printable(text: str, *, keep: str = "") -> str:
    """Return *text* with escapes for invisible characters other than spaces.

    Args:
        text: a text of any origin.
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


def counted(number: int, what: str) -> str:
    """Return a number with its noun, such as ``1 file`` or ``2 files``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Join the first names, and add how many more there are."""
    shown = ", ".join(names[:most])
    more = len(names) - most
    return f"{shown} and {more} more" if more > 0 else shown


LONGEST = 178
"""The most characters of an INFO line; Alembic's alembic.ini adds 20 before it."""
_TAIL = 100


def shortened(text: str) -> str:
    """Return *text* for an INFO record, shortened if it is long.

    A long text becomes one line.  If that line is still too long, it is cut, but the
    brackets at its end stay: they hold the locks and times of a step.
    """
    if len(text) <= LONGEST:
        return text
    line = " ".join(text.split())
    if len(line) <= LONGEST:
        return line
    _, bracket, locks = line.rpartition(" [")
    tail = (bracket + locks)[-_TAIL:] if bracket and line.endswith("]") else ""
    head = line[: LONGEST - len("...") - len(tail)].rstrip()
    return f"{head}...{tail}"


def _prepare(record: logging.LogRecord) -> bool:
    """Escape invisible characters, and log shortened lines in full at DEBUG."""
    text = printable(record.getMessage(), keep="\n\t")
    line = text
    if record.levelno == logging.INFO:
        line = shortened(text)
    if line != text:
        logging.getLogger(record.name).debug("%s", text)
    if line != record.getMessage():
        record.msg, record.args = line, None
    return True


logging.getLogger("alembic_zdt").addFilter(_prepare)
