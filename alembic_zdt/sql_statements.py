"""Split SQL into its statements.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from alembic_zdt.sql_tokens import Token, tokens

_PARENTHESES = MappingProxyType({"(": 1, ")": -1})
_BLOCKS = MappingProxyType({"case": 1, "end": -1})


def statements(script: str) -> Iterator[str]:
    """Split a script at its semicolons.

    A semicolon in a string, a name, a comment, parentheses or ``BEGIN ATOMIC ... END``
    does not count.
    """
    text, is_empty = "", True
    for token, is_inside in _with_places(script):
        if token.text == ";" and not is_inside:
            if not is_empty:
                yield text.strip()
            text, is_empty = "", True
        else:
            text += token.whole
            is_empty = is_empty and not token.text
    if not is_empty:
        yield text.strip()


def _with_places(script: str) -> Iterator[tuple[Token, bool]]:
    """Yield each token, and whether it is in parentheses or in a function's body."""
    parentheses = blocks = 0
    before = ""
    for token in tokens(script):
        parentheses = max(0, parentheses + _PARENTHESES.get(token.text, 0))
        blocks += _blocks(token.word, before, blocks)
        before = token.word
        yield token, parentheses > 0 or blocks > 0


def _blocks(word: str, before: str, open_blocks: int) -> int:
    """Return 1 at the begin of a block, and -1 at its end."""
    if (before, word) == ("begin", "atomic"):
        return 1
    # Outside of a body, CASE and END need no count: END there ends a transaction.
    return _BLOCKS.get(word, 0) if open_blocks else 0
