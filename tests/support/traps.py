"""A schema of another role whose objects hide those of pg_catalog, and report use.

Each trap does what the original does, and says so in a notice, which arrives even when
the transaction is rolled back.  Operators are made for every pair of types for which
pg_catalog has an answer, so each of them fits at least as well as the original.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

SCHEMA = "traps"
SIGN = "zdt trap"
_PACKAGE = Path(__file__).resolve().parents[2] / "alembic_zdt"
_OPERATORS = """
    = <> < > <= >= || + - * / % ~ !~ ~* ~~ !~~ ~~* @> <@ && -> ->> #>> #> ^ |
"""
_TYPES = """
    text name oid int2 int4 int8 numeric bool varchar float8 json jsonb timestamptz
    interval regclass regtype xid tid pg_lsn "char" text[] name[] oid[] int2[] int4[]
    int2vector oidvector
"""


def words_of_the_package() -> list[str]:
    """Return every word of the source, in which the names of functions are."""
    files = [*_PACKAGE.rglob("*.py"), *_PACKAGE.rglob("*.sql")]
    found: set[str] = set()
    for file in files:
        found.update(re.findall(r"\w+", file.read_text(encoding="utf-8")))
    return sorted(found)


def make_traps(connection: psycopg.Connection[Any]) -> None:
    """Make the schema, which everybody may use."""
    given = {
        "operators": _OPERATORS.split(),
        "types": _TYPES.split(),
        "names": words_of_the_package(),
    }
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    connection.execute("SET search_path = pg_catalog")
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(text, given)
    connection.execute("RESET search_path")


class Caught:
    """What the traps told of our statements.

    SQLAlchemy and Alembic send queries of their own, which are found by the path; ours
    are those that are sent without parameters.
    """

    def __init__(self) -> None:
        self.said: list[str] = []
        self._is_ours = False

    def sending(
        self,
        _connection: Any,
        _cursor: Any,
        _sql: str,
        _given: Any,
        context: Any,
        *_: Any,
    ) -> None:
        """Note whose statement the next notices are about."""
        self._is_ours = context.execution_options.get("no_parameters", False)

    def connecting(self) -> None:
        """Leave out what a driver asks."""
        self._is_ours = False

    def hear(self, notice: Any) -> None:
        """Keep a notice of psycopg."""
        text = str(notice.message_primary)
        if self._is_ours and text.startswith(SIGN):
            self.said.append(text.removeprefix(f"{SIGN}: "))

    def but(self, *of_the_user: str) -> set[str]:
        """Return all of it but what the user's own expressions use."""
        ways = tuple(f"{what} in " for what in of_the_user)
        return {each for each in self.said if not each.startswith(ways)}


@contextmanager
def listening() -> Iterator[Caught]:
    """Hear the traps of every connection that SQLAlchemy opens meanwhile."""
    caught = Caught()

    def connected(connection: Any, _record: Any) -> None:
        caught.connecting()
        connection.add_notice_handler(caught.hear)

    event.listen(Pool, "connect", connected)
    event.listen(Engine, "before_cursor_execute", caught.sending)
    try:
        yield caught
    finally:
        event.remove(Engine, "before_cursor_execute", caught.sending)
        event.remove(Pool, "connect", connected)
