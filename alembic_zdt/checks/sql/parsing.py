"""The parser of PostgreSQL's own grammar, from the extra ``parse``.

https://www.postgresql.org/docs/current/sql-commands.html
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

_LEADING = re.compile(r"(?:\s++|--[^\n]*+\n|/\*.*?\*/)*+", re.DOTALL)

NEEDS_THE_PARSER = 'needs the extra: pip install "alembic-zdt[parse]"'


def advice() -> str:
    """Return how to install the parser, or why that is impossible."""
    if sys.version_info >= (3, 15):
        return "postgast has no release for this version of Python; use Python 3.14"
    return 'run: pip install "alembic-zdt[parse]"'


class UnreadableError(Exception):
    """SQL that cannot be read, for the reason in the text of the error."""


@cache
def _library() -> Any:
    """Return the parser, None if it is not installed."""
    try:
        return importlib.import_module("postgast")
    except ImportError:
        return None


def load() -> None:
    """Import the parser now, if it is installed."""
    _library()


def statements(text: str) -> Iterator[Any]:
    """Yield the nodes of the statements of *text*.

    Raises:
        UnreadableError: the parser is not installed, or *text* is no SQL.
    """
    for raw in _parsed(text).stmts:
        yield _node(raw)


def texts(text: str) -> Iterator[tuple[str, int]]:
    """Yield the statements of a file, each with the line in which it begins.

    Raises:
        UnreadableError: the parser is not installed, or *text* is no SQL.
    """
    whole = text.encode()
    counted, lines = 0, 1
    for raw in _parsed(text).stmts:
        start = raw.stmt_location
        end = start + raw.stmt_len if raw.stmt_len else len(whole)
        statement = whole[start:end].decode()
        skipped = _LEADING.match(statement)
        lead = skipped.end() if skipped else 0
        lines += whole.count(b"\n", counted, start)
        counted = start
        yield statement[lead:], lines + statement[:lead].count("\n")


def text_of_file(path: Path) -> str:
    """Return the text of a file of SQL, without the byte order mark of some editors.

    Raises:
        OSError: the file cannot be read.
        UnicodeDecodeError: the file is not in UTF-8.
    """
    return path.read_text(encoding="utf-8-sig")


def is_one(text: str) -> bool:
    """Check whether *text* is surely one statement."""
    try:
        return len(list(texts(text))) == 1
    except UnreadableError:
        return False


def split(text: str) -> list[str]:
    """Return the statements of *text*, or *text* itself if it cannot be read."""
    try:
        return [each for each, _line in texts(text)]
    except UnreadableError:
        return [text]


def _parsed(text: str) -> Any:
    library = _required()
    try:
        return library.parse(text)
    except library.PgQueryError as error:
        known = f"PostgreSQL {_grammar(library)}"
        raise UnreadableError(f"not valid SQL of {known}: {error}") from error


@cache
def _grammar(library: Any) -> int:
    """Return the major version whose SQL the parser reads."""
    return int(library.parse("").version) // 10000


def _node(raw: Any) -> Any:
    return getattr(raw.stmt, raw.stmt.WhichOneof("node"))


def written(expression: Any) -> str:
    """Return the SQL of an expression."""
    library = _required()
    tree = library.parse("SELECT 1")
    target = tree.stmts[0].stmt.select_stmt.target_list[0].res_target
    target.val.CopyFrom(expression)
    return str(library.deparse(tree)).removeprefix("SELECT ")


def written_element(element: Any) -> str:
    """Return the SQL of a column of an index, with its operator class and order."""
    library = _required()
    tree = library.parse("CREATE INDEX ON t (c)")
    index = tree.stmts[0].stmt.index_stmt
    index.index_params[0].index_elem.CopyFrom(element)
    text = str(library.deparse(tree))
    return text.partition(" (")[2].removesuffix(")")


def queries_of_body(body: str) -> Iterator[tuple[str, bool]]:
    """Yield the SQL in a body of PL/pgSQL, and whether it is computed at run time.

    Raises:
        UnreadableError: the parser is not installed, or *body* is no PL/pgSQL.
    """
    library = _required()
    tag = "zdt_body"
    function = (
        f"CREATE FUNCTION zdt() RETURNS void LANGUAGE plpgsql AS ${tag}$ {body} ${tag}$"
    )
    try:
        tree = library.parse_plpgsql(function)
    except library.PgQueryError as error:
        raise UnreadableError(f"not valid PL/pgSQL: {error}") from error
    yield from _queries(tree)


def _queries(node: Any) -> Iterator[tuple[str, bool]]:
    if isinstance(node, list):
        for item in node:
            yield from _queries(item)
        return
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key in _WHERE_IT_STANDS:
            query = value[_WHERE_IT_STANDS[key]]["PLpgSQL_expr"]["query"]
            yield _constant(query) if key in _DYNAMIC else (query, False)
        yield from _queries(value)


_WHERE_IT_STANDS = {
    "PLpgSQL_stmt_dynexecute": "query",
    "PLpgSQL_stmt_dynfors": "query",
    "PLpgSQL_stmt_execsql": "sqlstmt",
    "PLpgSQL_stmt_fors": "query",
    "PLpgSQL_stmt_perform": "expr",
}
_DYNAMIC = {"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"}


def _constant(expression: str) -> tuple[str, bool]:
    """Return the SQL of EXECUTE, and whether it is more than a constant string."""
    tree = _parsed(f"SELECT {expression}")
    value = tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val
    text = value.a_const.sval.sval
    return (text, False) if text else (expression, True)


def _required() -> Any:
    library = _library()
    if library is None:
        raise UnreadableError(NEEDS_THE_PARSER)
    return library
