"""A replica that is behind, and the vacuum against wraparound, come first."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading

import psycopg
import pytest
from sqlalchemy import create_engine, make_url

from alembic_zdt.backfill.throttle import ReplicaLag
from alembic_zdt.connection.database import Database
from tests.backfill.tables import COLUMNS, FILLED
from tests.support.db import Db
from tests.support.project import Project
from tests.support.replica import PRIMARY, Replica
from tests.support.roles import PASSWORD, role
from tests.support.waiting import wait_until
from tools.postgres import Cluster

MANY = 4000
NAME = "users.email_lower"
LEFT = "SELECT count(*) FROM users WHERE email_lower IS NULL"
# One page a tenth of a second.
SLOWLY = "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "ZDT_TEST_DSN" in os.environ,
        reason="needs a server of its own, not a given one",
    ),
]


@pytest.fixture
def own_cluster():
    settings = {"autovacuum_naptime": "1s", **PRIMARY}
    with Cluster(settings=settings) as cluster:
        yield cluster


@pytest.fixture
def users(own_cluster):
    """A table on full pages, on a server of its own."""
    found = Db(own_cluster, "postgres", "public")
    found.execute(f"CREATE TABLE users (id int PRIMARY KEY, {COLUMNS})")
    found.execute(
        f"INSERT INTO users SELECT n, {FILLED} FROM generate_series(1, {MANY}) n"
    )
    found.execute("ANALYZE users")
    yield found
    found.close()


@pytest.fixture
def running(users, tmp_path, caplog):
    """A function that starts the backfill in a thread; it logs what it waits for."""
    caplog.set_level(logging.INFO, "alembic_zdt")
    project = Project(tmp_path, users)
    project.settings(progress="log", progress_interval="100ms")
    threads = []

    def start(call):
        project.revision("a1", call)
        threads.append(threading.Thread(target=project.upgrade))
        threads[0].start()
        return threads[0]

    yield start
    for thread in threads:
        thread.join(60)
    project.close()


@pytest.fixture
def waits(caplog):
    """What it said that it waits for, newest last."""
    return lambda: [
        record.getMessage().removeprefix(f"{NAME}: waiting: ")
        for record in caplog.records
        if record.getMessage().startswith(f"{NAME}: waiting: ")
    ]


def assert_it_holds(users, waits):
    """Nothing is done between two times that it says so."""
    said = len(waits())
    wait_until(lambda: len(waits()) > said, "it says it again")
    left = users.value(LEFT)
    wait_until(lambda: len(waits()) > said + 3, "it goes on to say so")
    assert users.value(LEFT) == left > 0


def test_a_replica_that_is_behind_is_waited_for(own_cluster, users, running, waits):
    call = 'op.backfill("users", {"email_lower": "lower(email)"},'
    call += ' max_replica_lag="500ms", batch_size=35, pause="10ms")'
    with (
        Replica(own_cluster) as replica,
        psycopg.connect(replica.dsn(), autocommit=True) as standby,
    ):
        streams = "EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')"
        users.wait_until(streams, timeout=30)
        standby.execute("SELECT pg_wal_replay_pause()")

        thread = running(call)
        wait_until(lambda: waits() or not thread.is_alive(), "it waits", timeout=30)

        assert waits(), "it did not wait"
        said = r'replica "replica" is \d\.\d s behind \(at most 0\.5 s\)'
        assert re.fullmatch(said, waits()[0])
        assert_it_holds(users, waits)
        standby.execute("SELECT pg_wal_replay_resume()")
        thread.join(60)
        assert users.value(LEFT) == 0


def test_pg_read_all_stats_shows_a_replica_that_is_behind(own_cluster, users, caplog):
    with (
        Replica(own_cluster) as replica,
        psycopg.connect(replica.dsn(), autocommit=True) as standby,
        role(users, "reader") as reader,
        session(users, reader) as seen_by_reader,
    ):
        streams = "EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')"
        users.wait_until(streams, timeout=30)
        standby.execute("SELECT pg_wal_replay_pause()")
        users.execute("UPDATE users SET email = upper(email)")
        lag = ReplicaLag(seen_by_reader, 0.1)

        assert lag.reason() == ""
        assert caplog.text.count("the role needs pg_read_all_stats; going on") == 1

        users.execute(f"GRANT pg_read_all_stats TO {reader}")
        wait_until(lambda: 'replica "replica" is ' in lag.reason(), "it is seen")
        assert caplog.text.count("pg_read_all_stats") == 1
        standby.execute("SELECT pg_wal_replay_resume()")


@contextlib.contextmanager
def session(users, name):
    """A connection of that role, as a backfill has one."""
    url = make_url(users.url()).set(username=name, password=PASSWORD)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield Database(connection)
    engine.dispose()


def test_the_vacuum_against_wraparound_is_waited_for(users, running, waits):
    users.execute("ALTER TABLE users SET (autovacuum_freeze_max_age = 100000)")
    users.execute(f"ALTER TABLE users SET ({SLOWLY})")
    users.execute(
        "DO $$ BEGIN FOR i IN 1..110000 LOOP"
        " PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
    )
    at_work = "FROM pg_stat_progress_vacuum WHERE relid = 'users'::regclass"
    users.wait_until(f"EXISTS (SELECT {at_work})", timeout=60)
    pid = users.value(f"SELECT pid {at_work}")

    thread = running('op.backfill("users", {"email_lower": "lower(email)"})')
    wait_until(lambda: waits() or not thread.is_alive(), "it waits", timeout=30)

    said = f"autovacuum (pid {pid}) prevents transaction wraparound"
    assert set(waits()) == {said}
    assert_it_holds(users, waits)
    assert users.value(LEFT) == MANY
    calm = "ALTER TABLE users RESET (autovacuum_freeze_max_age)"
    with users.background(calm) as reset:  # takes its turn behind the vacuum
        reset.wait_until_blocked()
        users.execute("SELECT pg_terminate_backend(%s)", pid)
        reset.result()
    thread.join(60)
    assert users.value(LEFT) == 0
