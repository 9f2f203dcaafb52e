"""Text of other roles, before it is printed.

A name in the database, and the query of a session, may have any character.  A terminal
obeys some of them, and a line break begins a line that looks like one of ours.
https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations


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
