"""A server of its own, a table on it, and a backfill that its load holds back."""

from __future__ import annotations

import logging
import os
from contextlib import closing

import pytest

from tests.backfill.tables import COLUMNS, FILLED
from tests.support.db import Db
from tests.support.project import Project
from tests.support.replica import PRIMARY
from tests.throttles.held import MANY, Held
from tools.postgres import Cluster


def pytest_collection_modifyitems(items):
    """Leave out what needs a server of its own where one is given."""
    given = pytest.mark.skipif(
        "ZDT_TEST_DSN" in os.environ,
        reason="needs a server of its own, not a given one",
    )
    for item in items:
        if "own_cluster" in getattr(item, "fixturenames", ()):
            item.add_marker(given)


@pytest.fixture(scope="package")
def own_cluster():
    """A server with a quick autovacuum that archives unless it has a file "full".

    While it has a file "hang", its archiver neither stores a segment nor fails.
    """
    hang = (
        "if test -e hang; then touch hangs; while test -e hang; do sleep 0.1; done; fi"
    )
    archive = {"archive_mode": "on", "archive_command": f"{hang}; test ! -e full"}
    with Cluster(settings={"autovacuum_naptime": "1s", **archive, **PRIMARY}) as found:
        yield found


@pytest.fixture
def users(own_cluster):
    """A table on full pages, in a schema that lasts as long as the test."""
    with closing(Db(own_cluster, "postgres", "public")) as admin:
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("CREATE SCHEMA public")
        admin.execute("GRANT USAGE ON SCHEMA public TO public")
        admin.execute(f"CREATE TABLE users (id int PRIMARY KEY, {COLUMNS})")
        admin.execute(
            f"INSERT INTO users SELECT n, {FILLED} FROM generate_series(1, {MANY}) n"
        )
        admin.execute("ANALYZE users")
        yield admin


@pytest.fixture(params=["psycopg"])
def held(users, tmp_path, caplog, request, forkers):
    """A backfill to start; the driver is a parameter."""
    caplog.set_level(logging.INFO, "alembic_zdt")
    project = Project(tmp_path, users, request.param, forkers)
    project.settings(progress="log", progress_interval="100ms")
    found = Held(users, project, caplog)
    yield found
    found.stop()
    project.close()
