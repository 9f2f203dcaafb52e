"""Databases that are dropped at the end."""

from __future__ import annotations

import threading

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from alembic_zdt.scratch.databases import Databases
from tests.support.waiting import wait_until


def test_others_are_dropped_after_one_that_cannot_be(cluster, admin):
    server = cluster.dsn("postgres", driver="psycopg")
    databases = Databases(server, lambda _url: None, "tests")
    names = [databases.create("template0") for _ in range(3)]
    admin.execute(f"ALTER DATABASE {names[1]} IS_TEMPLATE true")

    with pytest.raises(DBAPIError, match="template"):
        databases.close()

    left = "SELECT datname FROM pg_database WHERE datname = ANY (%s)"
    assert admin.execute(left, [names]).fetchall() == [(names[1],)]
    admin.execute(f"ALTER DATABASE {names[1]} IS_TEMPLATE false")
    databases.close()
    assert admin.execute(left, [names]).fetchall() == []


def test_database_is_dropped_while_autovacuum_works_in_it(creator, admin, cluster):
    """DROP DATABASE ... WITH (FORCE) may not end it, nor a superuser's session."""
    databases = Databases(creator.url, lambda _url: None, "tests")
    name = databases.create("template0")
    plain = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE usename = %s AND state = 'active' AND query = %s"
    )
    drop = threading.Thread(target=databases.drop, args=(name,))

    with psycopg.connect(cluster.dsn(name)):
        drop.start()
        wait_until(
            lambda: admin.execute(
                plain, [creator.name, f"DROP DATABASE {name}"]
            ).fetchone()[0],
            "it waits for the session",
        )
    drop.join()

    assert creator.left() == []
