"""A replica that is behind, and the vacuum against wraparound, come first."""

from __future__ import annotations

import contextlib
import re

import psycopg
import pytest
from sqlalchemy import create_engine, make_url

from alembic_zdt.connection.database import Database
from alembic_zdt.throttles.replica_lag import ReplicaLag
from alembic_zdt.throttles.throttle import Moment
from tests.support.replica import Replica
from tests.support.roles import PASSWORD, role
from tests.support.waiting import wait_until
from tests.throttles.held import LEFT, MANY

# One page a tenth of a second.
SLOWLY = "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1"

pytestmark = pytest.mark.slow


def test_a_replica_that_is_behind_is_waited_for(own_cluster, users, held):
    call = 'op.backfill("users", {"email_lower": "lower(email)"},'
    call += ' max_replica_lag="500ms", batch_size=35, pause="10ms")'
    with (
        Replica(own_cluster) as replica,
        psycopg.connect(replica.dsn(), autocommit=True) as standby,
    ):
        streams = "EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')"
        users.wait_until(streams, timeout=30)
        standby.execute("SELECT pg_wal_replay_pause()")

        held.start(call)

        said = r'replica "replica" is \d+\.\d s behind \(at most 0\.5 s\)'
        assert re.fullmatch(said, held.waits[0])
        held.assert_it_holds()
        standby.execute("SELECT pg_wal_replay_resume()")
        held.assert_it_ends()
    assert re.fullmatch(r"replica lag held it for \d+\.\d s", held.ends[-1])


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

        assert lag.reason(Moment()) == ""
        assert caplog.text.count("the role needs pg_read_all_stats; going on") == 1

        users.execute(f"GRANT pg_read_all_stats TO {reader}")
        wait_until(
            lambda: 'replica "replica" is ' in lag.reason(Moment()), "it is seen"
        )
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


def test_the_vacuum_against_wraparound_is_waited_for(users, held):
    users.execute("ALTER TABLE users SET (autovacuum_freeze_max_age = 100000)")
    users.execute(f"ALTER TABLE users SET ({SLOWLY})")
    users.execute(
        "DO $$ BEGIN FOR i IN 1..110000 LOOP"
        " PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
    )
    at_work = "FROM pg_stat_progress_vacuum WHERE relid = 'users'::regclass"
    users.wait_until(f"EXISTS (SELECT {at_work})", timeout=60)
    pid = users.value(f"SELECT pid {at_work}")

    held.start('op.backfill("users", {"email_lower": "lower(email)"})')

    assert held.waits == [f"autovacuum (pid {pid}) prevents transaction wraparound"]
    held.assert_it_holds()
    assert users.value(LEFT) == MANY
    calm = "ALTER TABLE users RESET (autovacuum_freeze_max_age)"
    with users.background(calm) as reset:  # takes its turn behind the vacuum
        reset.wait_until_blocked()
        users.execute("SELECT pg_terminate_backend(%s)", pid)
        reset.result()
    held.assert_it_ends()
