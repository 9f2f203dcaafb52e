"""Statements that cannot run inside a transaction block, or that control one.

https://www.postgresql.org/docs/current/sql-commands.html
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType

from alembic_zdt.sql_statements import statements
from alembic_zdt.sql_tokens import tokens

_ENDS = frozenset({"commit", "rollback", "abort", "end"})
_CONTROL = frozenset(
    {"begin", "start", "savepoint", "release", "set", "reset", "show", "discard"}
)
_BEGINS = frozenset({"begin", "start"})
# LOCK is refused outside of a transaction block, as it would be without the tracer.
_ALONE = frozenset({"vacuum", "call", "cluster", "checkpoint", "lock"})
_MADE_ALONE = frozenset({"database", "tablespace", "subscription"})
_KINDS_ALONE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "alter": frozenset({"system", "database", "subscription"}),
        "create": _MADE_ALONE,
        "drop": _MADE_ALONE,
        "reindex": frozenset({"system", "database", "schema"}),
    }
)
_MOST_WORDS = 400


def ends_transaction(sql: str) -> bool:
    """Check whether a text ends the transaction, and not only a savepoint."""
    return any(_is_end(_words(each, 4)) for each in statements(sql))


def _is_end(words: list[str]) -> bool:
    return words[0] in _ENDS and "to" not in words if words else False


def is_control(sql: str) -> bool:
    """Check whether a text only controls the session or its transaction."""
    return all(_is_control(each) for each in statements(sql))


def _is_control(statement: str) -> bool:
    words = _words(statement, 1)
    return not words or words[0] in _CONTROL | _ENDS


def is_concurrent(sql: str) -> bool:
    """Check whether a statement is made of several transactions."""
    words = _words(sql, _MOST_WORDS)
    # REFRESH ... CONCURRENTLY is the one that runs in a transaction.
    return "concurrently" in words[1:] and words[0] != "refresh"


def is_truncate(sql: str) -> bool:
    """Check whether a statement is a TRUNCATE."""
    return _words(sql, 1) == ["truncate"]


def runs_alone(sql: str) -> bool:
    """Check whether a text must be sent as it is, without a BEGIN before it."""
    several = list(statements(sql))
    if len(several) > 1 and any(_words(each, 1)[0] in _BEGINS for each in several):
        return True
    words = _words(sql, _MOST_WORDS)
    first, rest = words[:1], {*words[1:4]}
    if first == ["do"]:
        return bool({"commit", "rollback", "call"} & {*_words_of_body(sql)})
    return (
        {*first} <= _ALONE
        or is_concurrent(sql)
        or any(
            first == [verb] and bool(rest & kinds)
            for verb, kinds in _KINDS_ALONE.items()
        )
    )


def _words(sql: str, most: int) -> list[str]:
    words = (token.word for token in tokens(sql) if token.word)
    return list(islice(words, most))


def _words_of_body(sql: str) -> list[str]:
    return sql.lower().replace(";", " ").split()
