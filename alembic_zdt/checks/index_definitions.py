"""Compare the definitions of two indexes without a server.

Two spellings of one definition count as equal, as far as that is known without a
server: only a server knows the default operator class of a column.
https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.sql_tokens import Token, tokens

_OPS, _WITH, _SPACE = "postgresql_ops", "postgresql_with", "postgresql_tablespace"
# The operator class of a type, which is its default for most methods.
_MAY_BE_DEFAULT = re.compile(r"(?i)\A(?:pg_catalog\.)?+[a-z0-9]++_ops\Z")
_BRACKETS = ("(", ")")
# What the server adds to a definition that does not name it.
_DEFAULTS = (
    (" using btree ", " "),
    (" asc ", " "),
    (" desc nulls first ", " desc "),
    (" desc nulls last ", " desc_nulls_last "),
    (" nulls last ", " "),
)


def definition(index: IndexSpec) -> str:
    """Return the statement that creates an index, empty if it cannot be written."""
    try:
        return " ".join(index.create(concurrently=False).split())
    except SQLAlchemyError:
        return ""


def is_other(made: IndexSpec, there: IndexSpec) -> bool:
    """Check whether a skipped index differs from the index that exists.

    Args:
        made: the index that is skipped.
        there: the index that has its name.
    """
    if not (definition(made) and definition(there)):
        return False
    is_elsewhere = made.tablespace not in ("", there.tablespace)
    return is_elsewhere or _compared(made, there) != _compared(there, made)


def _compared(index: IndexSpec, other: IndexSpec) -> str:
    """Return the definition without the parts that make no difference."""
    options = {**index.options}
    options.pop(_SPACE, None)
    given, of_other = options.get(_OPS) or {}, other.options.get(_OPS) or {}
    options[_OPS] = {
        column: name
        for column, name in given.items()
        if column in of_other or not _MAY_BE_DEFAULT.fullmatch(str(name))
    }
    options[_WITH] = dict(sorted((options.get(_WITH) or {}).items()))
    options = {name: value for name, value in options.items() if value not in ({}, "")}
    text = definition(replace(index, options=options))
    words = [_word(each) for each in tokens(text) if each.text not in _BRACKETS]
    found = f" {' '.join(words)} "
    for shown, meant in _DEFAULTS:
        found = found.replace(shown, meant)
    return str(found).replace(" public . ", " ")


def _word(token: Token) -> str:
    text = token.text
    if token.kind != "word":
        return text
    if text.startswith('"'):
        plain = text[1:-1]
        return plain if re.fullmatch(r"[a-z_][a-z0-9_]*", plain) else text
    return token.word
