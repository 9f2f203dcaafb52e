"""A synchronous standby is away: no lock that stalls the application waits for it."""

from __future__ import annotations

import contextlib
import os
import threading

import pytest

from tests.support.background import upgrading
from tests.support.db import Db
from tests.support.door import wait_for_query
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

NAMES = "synchronous_standby_names"
CALLS = {
    "rename": 'op.expand_rename_column("users", "email", "mail")',
    # Its commit waits under SHARE UPDATE EXCLUSIVE, which stalls nobody.
    "check": 'op.create_check_constraint_two_phase("ck", "users", "id > 0")',
    # Handed-out values are not lost in a crash.
    "backfill": 'op.backfill("users", {"token": "random()::text"})',
}
STANDS_OUTSIDE = {
    "rename": "pg_catalog.pg_locks",
    "check": "pg_catalog.pg_locks",
    "backfill": "UPDATE",
    "script": "zdt_step",
    "script of a backfill": "zdt_slice",
}
WAITS_FOR_STANDBY = (
    "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
)


class Pair:
    """A primary, and its standby that can be away."""

    def __init__(self, primary: Db, standby: Db) -> None:
        self.primary = primary
        self.standby = standby
        self._conninfo = standby.value("SHOW primary_conninfo")

    def _set(self, db: Db, change: str) -> None:
        db.execute(f"ALTER SYSTEM {change}")
        db.execute("SELECT pg_reload_conf()")

    def connect(self) -> None:
        """Let commits wait for the standby, which answers."""
        self._set(self.primary, f"SET {NAMES} = replica")
        there = "EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')"
        self.primary.wait_until(there, timeout=20)

    def disconnect(self) -> None:
        """End the standby's connection, and let it make no other."""
        self._set(self.standby, "SET primary_conninfo = ''")
        gone = "NOT EXISTS (SELECT FROM pg_stat_replication)"
        self.primary.wait_until(gone, timeout=20)

    def reconnect(self) -> None:
        """Let the standby follow again."""
        self._set(self.standby, f"SET primary_conninfo = '{self._conninfo}'")
        self.connect()


@pytest.fixture(scope="module")
def servers():
    settings = {**PRIMARY, "synchronous_commit": "on"}
    with Cluster(settings=settings) as cluster, Replica(cluster) as replica:
        primary = Db(cluster, "postgres", "public")
        primary.execute("SET synchronous_commit = local")
        standby = Db(replica, "postgres", "public")
        yield Pair(primary, standby)
        primary.close()
        standby.close()


@pytest.fixture
def pair(servers):
    primary = servers.primary
    primary.execute(
        "CREATE TABLE users (id int PRIMARY KEY, email text, token text);"
        "INSERT INTO users SELECT n, 'a' FROM generate_series(1, 100) n"
    )
    servers.connect()
    yield servers
    servers.reconnect()
    primary.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@pytest.fixture
def history(request, servers, tmp_path):
    """Its first revision makes what alembic_zdt and Alembic need for themselves."""
    used = "driver" in request.fixturenames
    driver = request.getfixturevalue("driver") if used else "psycopg"
    project = Project(tmp_path, servers.primary, driver)
    project.revision("r1", """op.backfill("users", {"email": "'b'"})""")
    yield project
    project.close()


@contextlib.contextmanager
def _away_from_the_first_lock_on(pair, case, migration):
    """The migration gets its first lock when the standby has gone."""
    with pair.primary.holding("SELECT FROM users FOR UPDATE"):
        migration.begin()
        wait_for_query(pair.primary, STANDS_OUTSIDE[case], migration)
        pair.disconnect()
    wait_until(
        lambda: not migration.is_running or pair.primary.value(WAITS_FOR_STANDBY),
        "the migration waits for the standby",
        timeout=20,
    )
    assert migration.is_running, migration.said
    yield


def _is_served(pair):
    """The application reads and writes each row; what it writes is rolled back."""
    with pair.primary.session() as other:
        other.execute("SET lock_timeout = '2s'")
        assert other.value("SELECT count(email) FROM users") == 100
        assert other.accepts("UPDATE users SET email = 'c', token = 'd'")


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("case", list(CALLS))
def test_application_is_served_while_a_migration_waits_for_the_standby(
    pair, history, driver, case
):
    """Short transactions and batches are committed here; the version waits.

    Each driver runs half of them.
    """
    history.upgrade("r1")
    history.revision("r2", CALLS[case])

    with upgrading(history) as upgrade:
        with _away_from_the_first_lock_on(pair, case, upgrade):
            _is_served(pair)
        assert history.current == ["r1"]
        pair.reconnect()

    assert upgrade.error is None
    assert history.current == ["r2"]


class Script:
    """A script that psql runs in a thread."""

    def __init__(self, project, text):
        self._thread = threading.Thread(
            target=self._run, args=(project, text), daemon=True
        )
        self._result = None

    def _run(self, project, text):
        self._result = project.psql(text)

    def begin(self):
        """Start it."""
        self._thread.start()

    @property
    def is_running(self):
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    @property
    def said(self):
        """What psql printed."""
        return self._result and self._result.output

    def wait(self):
        """Wait for its end, which is a good one."""
        self._thread.join(60)
        self._result.ok()


@pytest.mark.parametrize(
    ("case", "call"),
    [("script", CALLS["rename"]), ("script of a backfill", CALLS["backfill"])],
)
def test_application_is_served_while_a_script_waits_for_the_standby(
    pair, history, case, call
):
    """``--sql`` writes the same."""
    history.upgrade("r1")
    history.revision("r2", call)
    script = Script(history, history.sql("r1:r2", flavor="psql"))

    with _away_from_the_first_lock_on(pair, case, script):
        _is_served(pair)
        pair.reconnect()

    script.wait()
    assert history.current == ["r2"]


BEGUN = "EXISTS (SELECT FROM alembic_zdt_revision WHERE direction = 'upgrade begun')"


def test_what_a_failover_loses_is_done_by_the_next_run(tmp_path):
    """A revision that is recorded is never ahead of its changes."""
    settings = {**PRIMARY, "synchronous_commit": "on"}
    with Cluster(settings=settings) as cluster, Replica(cluster) as replica:
        primary = Db(cluster, "postgres", "public")
        primary.execute("SET synchronous_commit = local")
        standby = Db(replica, "postgres", "public")
        pair = Pair(primary, standby)
        primary.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
        pair.connect()
        before = Project(tmp_path / "before", primary)
        before.revision("r1", CALLS["check"])
        before.upgrade()
        before.revision("r2", CALLS["rename"])

        with primary.holding("SELECT FROM users"):
            lost = before.start("upgrade", "head")
            primary.wait_until(BEGUN)
            pair.disconnect()
        wait_until(
            lambda: primary.columns("users") == ["id", "email", "mail"],
            "the change is on the primary",
            timeout=20,
        )
        cluster.stop()
        lost.wait()
        standby.execute("SELECT pg_promote()")
        standby.wait_until("NOT pg_is_in_recovery()")
        assert standby.column("SELECT version_num FROM alembic_version") == ["r1"]
        assert standby.is_validated("ck")
        assert standby.columns("users") == ["id", "email"]

        ini = before.ini.read_text().replace(primary.url(), standby.url())
        before.write(before.ini, ini)
        before.upgrade()

        assert standby.column("SELECT version_num FROM alembic_version") == ["r2"]
        standby.execute("INSERT INTO users (id, mail) VALUES (1, 'a')")
        assert standby.value("SELECT email FROM users") == "a"
        primary.close()
        standby.close()
