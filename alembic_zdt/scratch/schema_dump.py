"""Load the output of ``pg_dump --schema-only`` into a scratch database.

https://www.postgresql.org/docs/current/app-pgdump.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.scratch.option_names import OF_REHEARSE
from alembic_zdt.sql_statements import statements

_LONGEST_SQL = 300
_META = re.compile(r"\\(\w+)[^\n]*(?:\n|\Z)")
_HARMLESS_META = ("restrict", "unrestrict")
_LEFT_OUT = tuple(
    f"{verb} {kind} "
    for verb in ("ALTER", "COMMENT ON", "CREATE", "DROP")
    for kind in ("PUBLICATION", "SUBSCRIPTION")
)
# Statements about roles, and those that only a superuser or an owner may run.
_ABOUT_ROLES = (
    *("ALTER DEFAULT PRIVILEGES ", "COMMENT ON ", "CREATE POLICY ", "GRANT "),
    *("REVOKE ", "SECURITY LABEL ", "ALTER EVENT TRIGGER ", "CREATE EVENT TRIGGER "),
    "SET ",
)
_MISSING = (driver_errors.UNDEFINED_OBJECT, driver_errors.INSUFFICIENT_PRIVILEGE)
_THERE_ALREADY = "42P06"
"""A schema with the name exists: ``public``, or one that env.py has made."""


@dataclass(frozen=True)
class DumpedStatement:
    """A statement of a dump, with the line in which it begins."""

    line: int
    sql: str


def statements_of(dump: str) -> Iterator[DumpedStatement]:
    """Yield the statements of a dump, without the commands of psql.

    Raises:
        UsageError: it has commands for which psql is needed.
    """
    place, line = 0, 1
    for whole in statements(dump):
        begin = dump.index(whole, place)
        sql = _without_head(whole)
        after = begin + len(whole)
        start = after - len(sql)
        line += dump.count("\n", place, start)
        if sql:
            yield DumpedStatement(line, sql)
        line += dump.count("\n", start, after)
        place = after


def _without_head(text: str) -> str:
    """Return a statement without the comments and commands of psql before it."""
    while True:
        text = text.lstrip()
        if text.startswith("--"):
            text = text.partition("\n")[2]
        elif text.startswith("/*"):
            text = text.partition("*/")[2]
        elif meta := _META.match(text):
            _refuse_needed(meta[1])
            text = text[meta.end() :]
        else:
            return text


def _refuse_needed(meta: str) -> None:
    if meta not in _HARMLESS_META:
        raise UsageError(
            f"the schema dump has the command of psql \\{meta}",
            hint="Make the dump with pg_dump --schema-only, without --create.",
        )


def load(database: Database, dump: str, tell: Callable[[str], None]) -> None:
    """Run the statements of a dump in an empty database.

    Owners, privileges and settings that this server does not know are skipped.

    Args:
        database: a connection in autocommit mode.
        dump: the text.
        tell: a function that shows a line about what was skipped.

    Raises:
        UsageError: a statement fails.
    """
    skipped: Counter[str] = Counter()
    first: dict[str, int] = {}
    for each in statements_of(dump):
        reason = _run(database, each)
        if reason:
            skipped[reason] += 1
            first.setdefault(reason, each.line)
    for reason, count in skipped.items():
        many = f"{count} statements" if count > 1 else "1 statement"
        tell(f"skipped {many} of the dump, from line {first[reason]} on: {reason}")


def _run(database: Database, found: DumpedStatement) -> str:
    """Run a statement, and return why it was skipped, empty if it was not."""
    words = " ".join(found.sql.upper().split())
    if words.startswith(_LEFT_OUT):
        return "publications and subscriptions are left out"
    if words.startswith("COPY ") and words.endswith(" FROM STDIN"):
        raise _broken(found, "It holds rows.")
    try:
        database.execute(found.sql)
    except DBAPIError as error:
        told = driver_errors.diagnostics(error)
        if told.sqlstate == _THERE_ALREADY:
            return ""
        if told.sqlstate in _MISSING and _is_about_roles(words):
            return told.message
        raise _broken(found, f"{told.message}.") from error
    return ""


def _is_about_roles(words: str) -> bool:
    is_owner = words.startswith("ALTER ") and " OWNER TO " in words
    return is_owner or words.startswith(_ABOUT_ROLES)


def _broken(found: DumpedStatement, detail: str) -> UsageError:
    sql = " ".join(found.sql.split())
    shown = sql if len(sql) <= _LONGEST_SQL else f"{sql[:_LONGEST_SQL]}..."
    return UsageError(
        f"cannot load line {found.line} of the dump of {OF_REHEARSE.schema}: {shown}",
        detail=detail,
        hint="Make the dump with pg_dump --schema-only of the database that the "
        "revisions are for.",
    )
