"""Read the statements that a database has run most often.

https://www.postgresql.org/docs/current/pgstatstatements.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.names import quote
from alembic_zdt.scratch.database_sessions import over

_MOST = 20
_EXTENSION = "pg_stat_statements"
_SCHEMA = (
    "SELECT n.nspname::text FROM pg_extension e"
    " JOIN pg_namespace n ON n.oid = e.extnamespace"
    f" WHERE e.extname = '{_EXTENSION}'"
)
_CALLED = """
SELECT query, sum(calls)::int8 FROM {view}
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
GROUP BY query ORDER BY 2 DESC
"""
_OF_ROWS = re.compile(r"\A\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_ON_TABLES = re.compile(r"\b(FROM|INTO|UPDATE)\b", re.IGNORECASE)
_OF_CATALOG = re.compile(r"\bpg_|\binformation_schema\b", re.IGNORECASE)


@dataclass(frozen=True)
class CalledStatement:
    """A statement of an application.

    Attributes:
        sql: the statement, with ``$1`` and so on for its constants.
        calls: how often it has run.
    """

    sql: str
    calls: int


def called_statements(url: str) -> Sequence[CalledStatement]:
    """Return the statements on rows, first those that ran most often.

    Nothing else is read from that database.

    Args:
        url: the URL of a database.

    Raises:
        UsageError: pg_stat_statements is not installed, or has no such statement.
        CannotConnectError: the server does not answer.
    """
    found = over(url, _read)
    if not found:
        raise UsageError(
            "pg_stat_statements has no statement of an application",
            detail="Only SELECT, INSERT, UPDATE and DELETE of user tables count.",
            hint="Name a database that the application uses, and a role that may read "
            "all statistics, such as a member of pg_read_all_stats.",
        )
    return found


def _read(connection: Connection) -> Sequence[CalledStatement]:
    database = Database(connection)
    schema = database.value(_SCHEMA)
    if schema is None:
        raise UsageError(
            "the database of --traffic-of lacks the extension pg_stat_statements",
            hint="Run CREATE EXTENSION pg_stat_statements there, or use --traffic.",
        )
    view = f"{quote(str(schema))}.{_EXTENSION}"
    rows = database.rows(_CALLED.format(view=view))
    own = [CalledStatement(str(sql), int(calls)) for sql, calls in rows if _is_own(sql)]
    return own[:_MOST]


def _is_own(sql: str) -> bool:
    is_of_rows = _OF_ROWS.match(sql) and _ON_TABLES.search(sql)
    return bool(is_of_rows) and not _OF_CATALOG.search(sql)
