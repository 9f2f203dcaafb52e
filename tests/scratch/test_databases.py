"""Databases that are dropped at the end."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from alembic_zdt.scratch.databases import Databases


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
