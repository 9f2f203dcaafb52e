"""A database of our own, on a throwaway cluster or on the user's server."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tools.postgres import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

WAL_SEGMENT_MB = 16
# Durable like production: a benchmark without fsync flatters everybody differently.
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
}


@contextlib.contextmanager
def own_database(*, wal_segments: int = 0) -> Iterator[str]:
    """Yield the URL of a new database for psycopg; drop it at the end.

    Args:
        wal_segments: how many a server of our own shall have to recycle, as one has
            that has run for a while.  Each new one is filled with 16 MB of zeros, and
            all who commit wait for that.
    """
    with server_url(wal_segments) as server, another_database(server) as url:
        yield url


@contextlib.contextmanager
def another_database(url: str) -> Iterator[str]:
    """Yield the URL of a new database on the server of a URL; drop it at the end."""
    name = f"zdt_{secrets.token_hex(4)}"
    try:
        command(url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield with_database(url, name)
    finally:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        command(url, drop.format(sql.Identifier(name)))


@contextlib.contextmanager
def server_url(wal_segments: int = 0) -> Iterator[str]:
    """Yield the user's server if there is one, else start a cluster on loopback."""
    given = os.environ.get("ZDT_DATABASE_URL")
    if given:
        yield given
        return
    wal = {"min_wal_size": f"{max(5, wal_segments) * WAL_SEGMENT_MB}MB"}
    with Cluster(durable=True, settings=SETTINGS | wal) as cluster:
        url = cluster.dsn("postgres", driver="psycopg")
        for _ in range(wal_segments):
            command(url, "SELECT pg_logical_emit_message(false, '', 'x')")
            command(url, "SELECT pg_switch_wal()")
        command(url, "CHECKPOINT")
        yield url


def with_database(url: str, name: str) -> str:
    """Return ``url`` for psycopg and another database of the same server."""
    changed = make_url(url).set(drivername="postgresql+psycopg", database=name)
    return changed.render_as_string(hide_password=False)


def libpq(url: str) -> str:
    """Return the same address as libpq spells it (no ``+driver``)."""
    plain = make_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


def connect(url: str, **options: object) -> psycopg.Connection:
    """Return an autocommit connection to an SQLAlchemy URL."""
    return psycopg.connect(libpq(url), autocommit=True, **options)  # type: ignore[arg-type]


def command(url: str, *statements: str | sql.Composed) -> None:
    """Run statements, each in its own transaction."""
    with connect(url) as connection:
        for statement in statements:
            connection.execute(statement)


def scalar(url: str, query: str) -> object:
    """Return the first value of the first row."""
    with connect(url) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def machine(url: str) -> str:
    """Say in one line what the figures were measured on."""
    settings = "server_version", "fsync", "shared_buffers"
    values = ", ".join(f"{name} {scalar(url, f'SHOW {name}')}" for name in settings)
    return (
        f"{os.cpu_count()} cores; PostgreSQL {values.removeprefix('server_version ')}"
    )
