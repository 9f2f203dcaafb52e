"""SQL as tokens, and SQL without its strings.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/|\#variable_conflict[^\n]*)*)
    (?: (?P<literal>(?:\b[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|'\Z))
      | (?P<dollar>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
      | (?P<word>"(?:[^"]|"")*"|[^\W\d]\w*)
      | (?P<number>\d+(?:\.(?!\.)\d*)?(?:[eE][+-]?\d+)?)
      | (?P<mark>::|:=|=>|\.\.|<<(?=\w+>>)|(?<=\w)>>(?=\s*(?:LOOP|WHILE|FOR)\b))
      | (?P<operator>(?:(?!--|/\*)[-+*/<>=~!@\#%^&|`?])+)
      | (?P<other>.)
      | \Z)""",
    re.VERBOSE | re.DOTALL,
)
# Strings, and comments and names, which may look like strings.
_VALUE = re.compile(
    r"""--[^\n]*|/\*.*?\*/|"(?:[^"]|"")*"
      |(?P<value>\b[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|\$(\w*)\$.*?\$\2\$)""",
    re.VERBOSE | re.DOTALL,
)
_HOLE = "\ue001"
_FILLED = re.compile(f"'{_HOLE}(\\d+)'")


class Token(NamedTuple):
    """A word, a string, an operator or a sign.

    Attributes:
        kind: the name of its group in the pattern, ``end`` for the end of the text.
        text: the text, as it is written.
        space: the blanks and comments before it.
    """

    kind: str
    text: str
    space: str = ""

    @property
    def word(self) -> str:
        """Return the word in small letters, empty for anything else."""
        return self.text.lower() if self.kind == "word" else ""

    @property
    def whole(self) -> str:
        """Return the text with the blanks and comments before it."""
        return self.space + self.text


def tokens(sql: str) -> list[Token]:
    """Return the tokens of a text, and one for its end."""
    found = []
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or "end"
        if kind in ("tag", "space"):
            kind = "dollar" if match["dollar"] else "end"
        text = match[0][len(match["space"]) :]
        found.append(Token(kind, text, match["space"]))
        if kind == "end" and not text:
            break
    return found


def without_strings(sql: str) -> tuple[str, list[str]]:
    """Replace each string of SQL by its number, and return the strings, too."""
    values: list[str] = []

    def left_out(found: re.Match[str]) -> str:
        if found["value"] is None:
            return found[0]
        values.append(found[0])
        return f"'{_HOLE}{len(values) - 1}'"

    return _VALUE.sub(left_out, sql), values


def with_strings(shape: str, values: Sequence[str]) -> str:
    """Put the strings back into a text of :func:`without_strings`."""
    return _FILLED.sub(lambda found: values[int(found[1])], shape)


def with_escapes(sql: str) -> str:
    """Return SQL that works with any value of ``standard_conforming_strings``.

    https://www.postgresql.org/docs/current/runtime-config-compatible.html
    """
    if "\\" not in sql:
        return sql
    shape, values = without_strings(sql)
    return with_strings(shape, [_escaped(value) for value in values])


def _escaped(value: str) -> str:
    if "\\" not in value or not value.startswith("'"):
        return value
    return "E" + value.replace("\\", "\\\\")
