"""Who would keep a migration waiting now, and standbys that do not follow."""

from __future__ import annotations

import os
import re

import pytest

from alembic_zdt.commands.doctor import doctor
from alembic_zdt.doctor import replication, sessions
from tests.support.db import Db
from tests.support.project import Project
from tests.support.replica import PRIMARY, Replica
from tests.support.waiting import wait_until
from tools.postgres import Cluster

own_server = pytest.mark.skipif(
    "ZDT_TEST_DSN" in os.environ,
    reason="needs a server of its own, not a given one",
)


@pytest.fixture
def at_once(monkeypatch):
    """What is long ago, is so at once."""
    for name in ("_IDLE", "_LONG"):
        monkeypatch.setattr(sessions, name, -1)


def test_idle_in_transaction(db, project, driver, diagnosed, at_once):
    db.execute("CREATE TABLE users (id int)")
    with db.holding("SELECT * FROM users -- somebody's") as other:
        ((severity, words),) = diagnosed("idle-in-transaction")
        assert severity == "warning"
        assert f"pid {other.pid}" in words
        assert "application zdt-test" in words
        assert "its query: SELECT * FROM users -- somebody's" in words
        assert f"SELECT pg_terminate_backend({other.pid})" in words
        assert diagnosed("long-transaction") == []

    assert diagnosed("idle-in-transaction") == []


def test_young_transactions_are_nothing(db, project, diagnosed):
    with db.holding("SELECT 1"):
        assert diagnosed("idle-in-transaction") == []


def test_prepared_in_another_way(db, project, diagnosed, at_once):
    """A name that must be quoted."""
    db.execute("CREATE TABLE users (id int)")
    with db.session() as other:
        other.execute("BEGIN")
        other.execute("INSERT INTO users VALUES (1)")
        other.execute("PREPARE TRANSACTION 'o''brien'")

    ((_, words),) = diagnosed("prepared-transaction")

    (statement,) = re.findall(r"ROLLBACK PREPARED .*;", words)
    db.execute(statement)
    assert diagnosed("prepared-transaction") == []


def test_queries_are_not_shown_where_they_must_not_be(db, project, diagnosed, at_once):
    project.configure(zdt_show_queries=False)
    with db.holding("SELECT 'secret'"):
        ((_, words),) = diagnosed("idle-in-transaction")

    assert "secret" not in words


def test_long_transaction(db, project, driver, diagnosed, at_once):
    with db.background("SELECT pg_sleep(30)") as job:
        db.wait_until(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE pid = %s AND query = 'SELECT pg_sleep(30)' AND state = 'active')",
            job.pid,
        )
        ((severity, words),) = diagnosed("long-transaction")
        job.stop()

    assert severity == "warning"
    assert "has been in a transaction for" in words
    assert "an index build waits for its end" in words


def test_prepared_transaction(db, project, driver, diagnosed, at_once):
    db.execute("CREATE TABLE users (id int)")
    with db.session() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE users IN SHARE MODE")
        other.execute("PREPARE TRANSACTION 'zdt forgotten'")
        try:
            ((severity, words),) = diagnosed("prepared-transaction")
        finally:
            other.execute("ROLLBACK PREPARED 'zdt forgotten'")

    assert severity == "warning"
    assert "ROLLBACK PREPARED 'zdt forgotten'" in words


# --------------------------------------------------------------------- replication


@pytest.fixture
def primary(tmp_path):
    settings = {"wal_level": "logical", "max_wal_senders": "5", **PRIMARY}
    with Cluster(settings=settings) as cluster:
        found = Db(cluster, "postgres", "public")
        yield found
        found.close()


@pytest.fixture
def project(request, tmp_path, db):
    """On the primary of its own, where a test has one."""
    own = "primary" in request.fixturenames
    chosen = request.getfixturevalue("primary") if own else db
    driver = "driver" in request.fixturenames and request.getfixturevalue("driver")
    found = Project(tmp_path, chosen, driver or "psycopg")
    yield found
    found.close()


@own_server
@pytest.mark.slow
def test_standbys_and_slots(primary, project, diagnosed, monkeypatch):
    """One story, as servers are slow to start."""
    primary.execute("SELECT pg_create_physical_replication_slot('gone', true)")
    ((severity, words),) = diagnosed("replication-slot")
    assert severity == "warning"
    assert 'no consumer reads the physical replication slot "gone"' in words
    (drop,) = re.findall(r"SELECT pg_drop\S+", words)
    primary.execute(drop.rstrip("."))
    assert diagnosed("replication-slot") == []

    with Replica(primary.server) as replica:
        primary.wait_until(
            "SELECT EXISTS (SELECT FROM pg_stat_replication"
            " WHERE replay_lsn IS NOT NULL)"
        )
        assert diagnosed("replication-lag") == []
        standby = Db(replica, "postgres", "public")
        pausing(standby)
        monkeypatch.setattr(replication, "_BEHIND", 100_000)
        primary.execute("CREATE TABLE t AS SELECT generate_series(1, 20000) n")
        # A commit that does not wait for the disk is in the WAL a little later.
        wait_until(lambda: diagnosed("replication-lag"), "the standby is behind")
        ((severity, words),) = diagnosed("replication-lag")
        assert severity == "warning"
        assert words.startswith('"replica" is ')
        assert " behind\n" in words
        standby.close()

        config = project.config()
        url = standby.url().replace("%", "%%")
        config.set_main_option("sqlalchemy.url", url)
        found = doctor(config).findings
        (failed,) = [each for each in found if each.check == "read-only"]
        assert "the URL points to a standby" in failed.message


def pausing(standby):
    standby.execute("SELECT pg_wal_replay_pause()")
    wait_until(
        lambda: standby.value("SELECT pg_get_wal_replay_pause_state()") == "paused",
        "replay is paused",
    )


@own_server
@pytest.mark.slow
def test_standby_that_each_commit_waits_for(primary, project, diagnosed):
    assert diagnosed("synchronous-standby") == []
    primary.execute("SET synchronous_commit = off")  # else we wait ourselves
    primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'gone'")
    primary.execute("SELECT pg_reload_conf()")
    primary.wait_until("SELECT current_setting('synchronous_standby_names') = 'gone'")

    primary.execute("ALTER DATABASE postgres SET synchronous_commit = local")
    assert diagnosed("synchronous-standby") == []
    primary.execute("ALTER DATABASE postgres SET synchronous_commit = on")

    ((severity, words),) = diagnosed("synchronous-standby")

    assert severity == "error"
    assert "each commit waits" in words
