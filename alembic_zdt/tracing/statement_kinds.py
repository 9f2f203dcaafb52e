"""Which statements can be run inside a transaction block, and which control one.

https://www.postgresql.org/docs/current/sql-commands.html
"""

from __future__ import annotations

from alembic_zdt.sql_tokens import tokens

_ENDS = frozenset({"commit", "rollback", "abort", "end"})
_CONTROL = frozenset(
    {"begin", "start", "savepoint", "release", "set", "reset", "show", "discard"}
)
_ALONE = frozenset({"vacuum", "call", "cluster", "checkpoint"})
_MADE_ALONE = frozenset({"database", "tablespace", "subscription"})
_MOST_WORDS = 400


def ends_transaction(sql: str) -> bool:
    """Check whether a statement ends the transaction, and not only a savepoint."""
    words = _words(sql, 4)
    return bool(words) and words[0] in _ENDS and "to" not in words


def is_control(sql: str) -> bool:
    """Check whether a statement only controls the session or its transaction."""
    words = _words(sql, 1)
    return not words or words[0] in _CONTROL | _ENDS


def runs_alone(sql: str) -> bool:
    """Check whether a statement may fail inside a transaction block."""
    words = _words(sql, _MOST_WORDS)
    first, rest = words[:1], words[1:]
    if first == ["do"]:
        return bool({"commit", "rollback"} & {*_words_of_body(sql)})
    if first in (["reindex"], ["alter"]) and {"system", "database"} & {*rest[:3]}:
        return True
    if first in (["create"], ["drop"]) and {*rest[:1]} & _MADE_ALONE:
        return True
    # REFRESH ... CONCURRENTLY is the one that runs in a transaction.
    is_refresh = first == ["refresh"]
    return {*first} <= _ALONE or ("concurrently" in rest and not is_refresh)


def _words(sql: str, most: int) -> list[str]:
    found: list[str] = []
    for token in tokens(sql):
        if token.word:
            found.append(token.word)
        if len(found) >= most:
            break
    return found


def _words_of_body(sql: str) -> list[str]:
    return sql.lower().replace(";", " ").split()
