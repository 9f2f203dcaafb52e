"""Checks of the driver and of its statement caches.

https://www.psycopg.org/psycopg3/docs/advanced/prepare.html
https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-cache
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from alembic_zdt.doctor.subject import Subject
from alembic_zdt.findings import Finding
from alembic_zdt.runner.pooler import goes_through_transaction_pool

_TESTED = ("psycopg", "psycopg_async", "asyncpg")
_OFF = "connect_args={'statement_cache_size': 0, 'prepared_statement_cache_size': 0}"
"""Arguments of create_async_engine()."""


def driver(subject: Subject) -> Iterator[Finding]:
    """Report a driver that directives are not tested with."""
    name = subject.database.connection.dialect.driver
    if name not in _TESTED:
        yield Finding.note(
            f"migrations run with {name}; they are tested with psycopg and asyncpg",
            "Write postgresql+psycopg://, or postgresql+asyncpg://.",
        )


def statement_caches(subject: Subject) -> Iterator[Finding]:
    """Report the caches of asyncpg and SQLAlchemy, if only one of them is off."""
    yield from about_caches(subject.database.connection)


def about_caches(connection: Connection) -> Iterator[Finding]:
    """Report the caches of a connection, if only one of them is off."""
    yield from about_cache_sizes(*(_cache_sizes(connection) or (0, 0)))


def about_cache_sizes(asyncpgs: int, sqlalchemys: int) -> Iterator[Finding]:
    """Report two sizes of caches, if only one of them is 0."""
    if sqlalchemys and not asyncpgs:
        yield Finding.error(
            "statement_cache_size of asyncpg is 0, but prepared_statement_cache_size "
            "of SQLAlchemy is not: after a column changes its type, connections fail "
            "or return wrong values until they are closed",
            f"Switch both caches off, {_OFF}, or neither.",
        )
    elif asyncpgs and not sqlalchemys:
        yield Finding.note(
            "prepared_statement_cache_size of SQLAlchemy is 0, but "
            "statement_cache_size of asyncpg is not: behind a pooler in transaction "
            "mode both must be 0",
            f"Switch both caches off, {_OFF}, or neither.",
        )


def transaction_pooler(subject: Subject) -> Iterator[Finding]:
    """Report a pooler that gives each transaction another session."""
    if goes_through_transaction_pool(subject.database.connection):
        yield Finding.error(
            "the connection goes through a pooler in transaction mode, and there "
            "migrations refuse to run",
            "Give the migrations a URL of their own in DATABASE_URL_SYNC: the URL of "
            "the server itself, or of a pool in session mode.",
        )


def about_prepared_statements(connection: Connection) -> Iterator[Finding]:
    """Report what a pooler in transaction mode breaks in the driver of a connection.

    PgBouncer 1.21 and later keep prepared statements, with max_prepared_statements.  A
    client cannot read that setting.
    """
    raw: Any = connection.connection.driver_connection
    unless = "PgBouncer 1.21 or later has max_prepared_statements"
    if getattr(raw, "prepare_threshold", None) is not None:
        yield Finding.warning(
            "psycopg prepares statements (prepare_threshold is "
            f"{raw.prepare_threshold}), which a pooler in transaction mode loses "
            f"unless {unless}",
            "create_engine(..., connect_args={'prepare_threshold': None})",
        )
    sizes = _cache_sizes(connection)
    if sizes is not None and sizes != (0, 0):
        yield Finding.warning(
            "asyncpg and SQLAlchemy keep prepared statements, which a pooler in "
            f"transaction mode loses unless {unless}",
            f"create_async_engine(..., {_OFF})",
        )


def _cache_sizes(connection: Connection) -> tuple[int, int] | None:
    """Return the cache sizes of asyncpg and SQLAlchemy, None for another driver."""
    if connection.dialect.driver != "asyncpg":
        return None
    adapter: Any = connection.connection.dbapi_connection
    raw: Any = connection.connection.driver_connection
    own = getattr(adapter, "_prepared_statement_cache", None)
    return (
        int(raw._config.statement_cache_size),  # noqa: SLF001  # stored nowhere else
        0 if own is None else int(own.capacity),
    )
