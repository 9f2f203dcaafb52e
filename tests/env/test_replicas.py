"""A standby shows a migration later than the primary; ``wait`` can look there."""

from __future__ import annotations

import os
import re

import pytest

from alembic_zdt.commands.doctor import doctor
from tests.support.db import Db
from tests.support.project import Project
from tests.support.replica import PRIMARY, Replica
from tests.support.waiting import wait_until
from tools.postgres import Cluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "ZDT_TEST_DSN" in os.environ,
        reason="needs a server of its own, not a given one",
    ),
]


@pytest.fixture
def primary():
    with Cluster(settings=PRIMARY) as cluster:
        found = Db(cluster, "postgres", "public")
        yield found
        found.close()


@pytest.fixture
def standby(primary):
    with Replica(primary.server) as replica:
        found = Db(replica, "postgres", "public")
        yield found
        found.close()


@pytest.fixture
def history(request, primary, tmp_path, monkeypatch):
    """On psycopg, or on the test's driver."""
    used = "driver" in request.fixturenames
    driver = request.getfixturevalue("driver") if used else "psycopg"
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(name, raising=False)
    project = Project(tmp_path, primary, driver)
    project.write(project.env, "from alembic_zdt import env\nenv.run()\n")
    primary.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision("r1", 'op.create_index_concurrently("ix", "users", ["email"])')
    yield project
    project.close()


def test_code_that_reads_from_a_standby_waits_for_it(primary, standby, history, driver):
    """The primary is ready, and the standby is where it was."""
    there = "SELECT to_regclass('users') IS NOT NULL"
    wait_until(lambda: standby.value(there), "the table is on the standby")
    standby.execute("SELECT pg_wal_replay_pause()")
    paused = "SELECT pg_get_wal_replay_pause_state() = 'paused'"
    wait_until(lambda: standby.value(paused), "replay is paused")
    history.upgrade()
    url = f"url={standby.url(driver)}"
    look = ("-x", url, "wait", "--timeout", "0s")

    assert history.cli("wait", "--timeout", "0s", module="alembic_zdt").rc == 0
    done = history.cli(*look, module="alembic_zdt")
    assert done.rc == 255
    assert "the database is at none, expected is r1" in done.output

    waiting = history.start("-x", url, "wait", module="alembic_zdt")
    standby.execute("SELECT pg_wal_replay_resume()")
    assert waiting.wait().rc == 0


def test_migrations_on_a_standby(primary, standby, history):
    """The doctor says it; the upgrade fails with the server's words."""
    there = "SELECT to_regclass('users') IS NOT NULL"
    wait_until(lambda: standby.value(there), "the table is on the standby")
    url = standby.url().replace("%", "%%")
    text = re.sub(r"(?m)^sqlalchemy.url = .*$", "", history.ini.read_text())
    text = text.replace("[alembic]\n", f"[alembic]\nsqlalchemy.url = {url}\n", 1)
    history.write(history.ini, text)

    done = history.cli("upgrade", "head", module="alembic_zdt")

    assert done.rc != 0
    assert "read-only" in done.output
    (found,) = [
        each for each in doctor(history.config()).findings if each.check == "read-only"
    ]
    assert "the URL points to a standby" in found.message
