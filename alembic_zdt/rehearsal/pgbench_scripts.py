r"""Scripts of pgbench: SQL, and ``\set`` with random numbers.

https://www.postgresql.org/docs/current/pgbench.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.rehearsal.pgbench_expressions import Expression, RefusedError, compiled
from alembic_zdt.sql_statements import statements
from alembic_zdt.tracing.traffic import Sender

_META = re.compile(r"\A\s*\\(\w+)\s*(.*)")
_SET = re.compile(r"\A([A-Za-z_]\w*)\s+(.+)", re.DOTALL)
_VARIABLE = re.compile(r"(?<!:):(\w+)")
_BEGINS = re.compile(r"(BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)
_ENDS = re.compile(r"(END|COMMIT|ROLLBACK|ABORT)\b(?!.*\bTO\b)", re.IGNORECASE)


@dataclass(frozen=True)
class _Command:
    """A statement, or a variable with its expression."""

    text: str
    expression: Expression | None = None


def is_script(path: str, text: str) -> bool:
    """Check whether a file is a pgbench script, by its name or its commands."""
    lines = text.splitlines()
    return path.endswith(".pgbench") or any(map(_META.match, lines))


def sender(path: str, text: str) -> Sender:
    """Return a sender that runs the script, as pgbench runs a transaction.

    Raises:
        UsageError: the script has something that is not supported.
    """
    commands = list(_commands(path, text))
    if all(each.expression for each in commands):
        raise UsageError(f'there are no statements in "{path}"')
    if _is_left_open(commands):
        raise UsageError(
            f'the script "{path}" ends inside a transaction', hint="Add END;"
        )
    return Sender(path, lambda database: _run(database, commands))


def _commands(path: str, text: str) -> Iterator[_Command]:
    known: set[str] = set()
    waiting: list[str] = []
    for number, line in _lines(text):
        if not (found := _META.fullmatch(line)):
            waiting.append(line)
            continue
        yield from map(_Command, statements("\n".join(waiting)))
        waiting.clear()
        try:
            yield _set(found[1], found[2], known)
        except RefusedError as refused:
            raise UsageError(
                f"{path}:{number}: {refused}",
                hint=r"Use \set NAME EXPRESSION with whole numbers, variables, "
                "+ - * / %, abs, least, greatest and the random functions.",
            ) from None
    yield from map(_Command, statements("\n".join(waiting)))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers; a command may go on after a backslash."""
    begun = ""
    for number, line in enumerate(text.splitlines(), 1):
        whole = begun + line
        if _META.match(whole) and whole.endswith("\\"):
            begun = whole[:-1] + " "
            continue
        begun = ""
        yield number, whole


def _set(command: str, rest: str, known: set[str]) -> _Command:
    if command != "set":
        raise RefusedError(rf"\{command} is not supported")
    if not (found := _SET.fullmatch(rest.strip())):
        raise RefusedError(rf"cannot read \set {rest}")
    expression = compiled(found[2], known)
    known.add(found[1])
    return _Command(found[1], expression)


def _is_left_open(commands: Sequence[_Command]) -> bool:
    is_open = False
    for each in commands:
        if each.expression is None:
            is_begin = _BEGINS.match(each.text) is not None
            is_open = is_begin or (is_open and not _ENDS.match(each.text))
    return is_open


def _run(database: Database, commands: Sequence[_Command]) -> None:
    variables: dict[str, int] = {}
    try:
        for each in commands:
            if each.expression is not None:
                variables[each.text] = each.expression(variables)
            else:
                database.execute(_with_values(each.text, variables))
    except Exception:
        with suppress(SQLAlchemyError):
            database.execute("ROLLBACK")
        raise


def _with_values(sql: str, variables: dict[str, int]) -> str:
    return _VARIABLE.sub(lambda found: str(variables.get(found[1], found[0])), sql)
