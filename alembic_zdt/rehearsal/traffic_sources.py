"""The work of an application from files and functions that the user names."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.rehearsal import pgbench_scripts
from alembic_zdt.sql_statements import statements
from alembic_zdt.tracing.traffic import Sender, as_written

_FUNCTION = re.compile(r"\A[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def senders_of(source: str) -> Sequence[Sender]:
    """Return the work of one source.

    Args:
        source: the path of a file with statements or of a pgbench script, or the name
            of a function with its module, as ``shop.load:checkout``.

    Raises:
        UsageError: it cannot be read or imported.
    """
    if _FUNCTION.fullmatch(source) and not Path(source).exists():
        return [Sender(source, _in_transactions(_imported(source)))]
    text = text_of(source)
    if pgbench_scripts.is_script(source, text):
        return [pgbench_scripts.sender(source, text)]
    return as_written(statements_in(source, text))


def text_of(path: str) -> str:
    """Return the text of a file with statements.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f'cannot read the statements in "{path}"', detail=str(error)
        ) from None


def statements_in(path: str, text: str) -> Sequence[str]:
    """Return the statements of a file.

    Raises:
        UsageError: it has none.
    """
    found = list(statements(text))
    if not found:
        raise UsageError(f'there are no statements in "{path}"')
    return found


def _imported(source: str) -> Callable[[Connection], Any]:
    module, _, name = source.partition(":")
    try:
        with _found_from_here():
            found: Any = getattr(importlib.import_module(module), name, None)
    except Exception as error:
        raise UsageError(
            f'cannot import the module "{module}" of --traffic',
            detail=f"{type(error).__name__}: {error}",
            hint="Name a module that Python finds from this folder.",
        ) from error
    if not callable(found):
        raise UsageError(
            f'there is no function "{name}" in the module "{module}"',
            hint="Name a function that takes a connection: --traffic shop.load:buy.",
        )
    if inspect.iscoroutinefunction(found) or inspect.isgeneratorfunction(found):
        raise UsageError(
            f'the function "{name}" in the module "{module}" does nothing by itself',
            detail="It is async, or a generator.",
            hint="Name a function that sends its statements before it returns.",
        )
    work: Callable[[Connection], Any] = found
    return work


@contextmanager
def _found_from_here() -> Iterator[None]:
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)


def _in_transactions(work: Callable[[Connection], Any]) -> Callable[[Database], None]:
    """Return a function that does the work in a transaction of its own."""

    def send(database: Database) -> None:
        connection = database.connection
        connection.rollback()
        own = connection.default_isolation_level
        connection.execution_options(isolation_level=own)
        try:
            with connection.begin():
                work(connection)
        finally:
            if not connection.invalidated:
                connection.execution_options(isolation_level="AUTOCOMMIT")

    return send
