"""Autovacuum holds the lock that keeps schema changes out; it yields to us."""

from __future__ import annotations

import os

import psycopg
import pytest
import sqlalchemy as sa

from alembic_zdt.connection.database import Database
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.runner.lock_acquisition import LockAcquisition
from alembic_zdt.settings import Settings
from alembic_zdt.steps import RelationLock, SkipCondition, Step
from tests.support.waiting import wait_until
from tools.postgres import Cluster

# So slow that it is at work until it yields: one page a tenth of a second.
SLOWLY = (
    "autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,"
    " autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1"
)
TABLE = QualifiedName("orders $zdt$")
STEP = Step(
    purpose="drop NOT NULL",
    statements=(f"ALTER TABLE {TABLE.sql} ALTER COLUMN total DROP NOT NULL",),
    locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, TABLE),),
    skip_if=SkipCondition("false", "never"),
)


@pytest.fixture
def eager_cluster():
    """A server of its own, where autovacuum looks every second."""
    if os.environ.get("ZDT_TEST_DSN"):
        pytest.skip("needs a server with autovacuum_naptime = 1s, not a given one")
    with Cluster(settings={"autovacuum_naptime": "1s"}) as cluster:
        yield cluster


@pytest.mark.slow
def test_autovacuum_on_the_table_yields_and_the_step_gets_through(eager_cluster):
    """We queue for the weak lock, which stalls nobody, until it has gone."""
    with psycopg.connect(eager_cluster.dsn("postgres"), autocommit=True) as db:
        db.execute(
            f"CREATE TABLE {TABLE.sql} (id int, total int NOT NULL, filler text)"
        )
        db.execute(
            f"INSERT INTO {TABLE.sql}"
            " SELECT n, n, repeat('x', 500) FROM generate_series(1, 20000) n"
        )
        db.execute(f"DELETE FROM {TABLE.sql} WHERE id % 2 = 0")
        db.execute(f"ALTER TABLE {TABLE.sql} SET ({SLOWLY})")

        def is_vacuumed():
            return db.execute(
                "SELECT 1 FROM pg_stat_progress_vacuum"
                f" WHERE relid = '{TABLE.sql}'::regclass"
            ).fetchone()

        wait_until(is_vacuumed, "autovacuum is at work", timeout=60)
        engine = sa.create_engine(
            eager_cluster.dsn("postgres", "psycopg"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            settings = Settings(progress="off")
            timing = LockAcquisition(Database(connection), STEP, settings).run()
        engine.dispose()

        assert timing.tries >= 1
        assert "canceling autovacuum task" in eager_cluster.log
        assert db.execute(f"INSERT INTO {TABLE.sql} VALUES (0, NULL)").rowcount == 1
