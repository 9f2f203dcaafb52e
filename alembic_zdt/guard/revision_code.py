"""Predict from the code of a revision what the guard will need for it.

Code that only calls ``op`` with literals shows all that it does.  Other code may add
rows to any table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import CodeType
from typing import Any

import sqlalchemy
from alembic import op
from sqlalchemy.dialects import postgresql

from alembic_zdt.guard.sent_sql import drops, is_plain_sql

_OTHERS = frozenset({"get_bind", "implementation_for", "invoke", "run_async"})
_ADD_ROWS = frozenset({"bulk_insert", "execute"})
_WORDS = frozenset({"op", "sa", "batch_op", "postgresql", "dialects", "sqlalchemy"})
_TAKE_NAMES = frozenset({"alter_column", "drop_column", "drop_table", "rename_table"})
_LONGEST = 10_000
"""Most bytes of code and text; each added row takes several."""

_VERB = re.compile(
    r"""\A\s*+(?: -- | /\* | \( | (?:
    ABORT | ALTER | ANALY[SZ]E | BEGIN | CALL | CHECKPOINT
    | CLOSE | CLUSTER | COMMENT | COMMIT | COPY | CREATE | DEALLOCATE | DECLARE | DELETE
    | DISCARD | DO | DROP | END | EXECUTE | EXPLAIN | FETCH | GRANT | IMPORT | INSERT
    | LISTEN | LOAD | LOCK | MERGE | MOVE | NOTIFY | PREPARE | REASSIGN | REFRESH
    | REINDEX | RELEASE | RESET | REVOKE | ROLLBACK | SAVEPOINT | SECURITY | SELECT
    | SET | SHOW | START | TABLE | TRUNCATE | UNLISTEN | UPDATE | VACUUM | VALUES | WITH
    )\b )""",
    re.IGNORECASE | re.VERBOSE,
)


def shows_all(function: Any) -> bool:
    """Check whether a function only changes tables, and adds a few literal rows.

    Args:
        function: the function of a revision, or None.
    """
    code = getattr(function, "__code__", None)
    if code is None or code.co_freevars:
        return False
    names = _names(code)
    if not all(map(_is_known, names)):
        return False
    return not _ADD_ROWS & names or _adds_few_rows(code)


def takes_names_away(function: Any) -> bool:
    """Check whether a function may rename or drop a table or a column.

    Args:
        function: the function of a revision, or None.
    """
    code = getattr(function, "__code__", None)
    if code is None or not _names(code).isdisjoint(_TAKE_NAMES):
        return True
    return "execute" in _names(code) and any(map(drops, _texts(code)))


def _adds_few_rows(code: CodeType) -> bool:
    """Check whether a function is short, and its SQL is plain."""
    texts = list(_texts(code))
    if (
        sum(map(len, texts)) + sum(len(each.co_code) for each in _codes(code))
        > _LONGEST
    ):
        return False
    return not any(_VERB.match(each) and not is_plain_sql(each) for each in texts)


def _is_known(name: str) -> bool:
    """Check whether a name is one that adds no rows by itself.

    The directives are attributes of ``op`` once they are registered.
    """
    if name in _OTHERS:
        return False
    modules = (op, sqlalchemy, postgresql)
    return name in _WORDS or any(hasattr(each, name) for each in modules)


def _names(code: CodeType) -> frozenset[str]:
    """Return the names that a function and the functions inside it read."""
    return frozenset(name for each in _codes(code) for name in each.co_names)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


def _texts(code: CodeType) -> Iterator[str]:
    """Yield the strings of a function and of the functions inside it."""
    for each in _codes(code):
        yield from _strings(each.co_consts)


def _strings(constants: Any) -> Iterator[str]:
    for each in constants:
        if isinstance(each, str):
            yield each
        elif isinstance(each, tuple | frozenset):
            yield from _strings(each)
