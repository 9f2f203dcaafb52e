"""A change of a partitioned table takes its time for each partition, under one lock."""

from __future__ import annotations

import os
import re

import pytest
from sqlalchemy import create_engine

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import PreconditionError, StatementTimeoutError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.runner import partition_cost
from alembic_zdt.steps import RelationLock, SkipCondition, Step
from tests.support.db import Db
from tests.support.project import Project
from tools.postgres import Cluster

MANY, FEWER = 150, 60
CALLS = {
    "not-null": 'op.add_not_null_two_phase("events", "kind")',
    "check": 'op.create_check_constraint_two_phase("ck", "events", "kind > 0")',
    "foreign-key": 'op.create_foreign_key_two_phase("fk", "events", "users",'
    ' ["user_id"], ["id"])',
    "column": 'op.expand_add_column("events", sa.Column("more", sa.Integer()))',
    "rename": 'op.expand_rename_column("events", "kind", "sort")',
}


def _partitioned(db, number):
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    db.execute(
        "CREATE TABLE events (id int, kind int, user_id int) PARTITION BY LIST (id)"
    )
    db.execute(
        f"DO $$ BEGIN FOR i IN 1 .. {number} LOOP EXECUTE format('CREATE TABLE"
        " events_%s PARTITION OF events FOR VALUES IN (%s)', i, i); END LOOP; END $$"
    )


@pytest.mark.parametrize("case", list(CALLS))
def test_change_beyond_the_bound_is_refused_before_it_begins(db, project, case):
    """With the number of tables, the time, and a bound that is enough."""
    _partitioned(db, MANY)
    before = db.catalog()
    project.revision("r1", CALLS[case])

    with pytest.raises(StatementTimeoutError) as caught:
        project.upgrade(x=["zdt.lock_timeout=1ms"])

    found = caught.value
    assert found.primary.endswith("it would take longer than 0.001 s")
    assert f"on events and {MANY} partitions. It" in found.detail
    assert f"changes {MANY + 1} tables" in found.detail
    assert re.search(r"for about \d[.\d]* s\.$", found.detail)
    assert db.catalog() == before
    (bound,) = re.findall(r'"-x (zdt.lock_timeout=\d+s)"', found.hint)
    project.upgrade(x=[bound])
    assert db.catalog() != before


def test_many_partitions_are_dropped_a_few_at_a_time(db, project, driver, caplog):
    """No transaction locks all of them, or what they refer to for as long."""
    _partitioned(db, 25)
    db.execute("ALTER TABLE events ADD FOREIGN KEY (user_id) REFERENCES users")
    db.execute("CREATE TABLE old PARTITION OF events DEFAULT PARTITION BY LIST (kind)")
    for kind in (1, 2):
        db.execute(f"CREATE TABLE old_{kind} PARTITION OF old FOR VALUES IN ({kind})")
    project.revision("r1", 'op.contract_drop_table("events")')

    with caplog.at_level("DEBUG", "alembic_zdt"):  # which has the whole statements
        project.upgrade()

    assert not [name for name in ("events", "events_1", "old_2") if db.exists(name)]
    whole = "\n".join(line for line in caplog.messages if "..." not in line)
    dropped = re.findall(r"DROP TABLE (.*?);", whole)
    assert [len(names.split(", ")) for names in dropped] == [2, 10, 10, 6, 1]


def test_locks_of_other_sessions_take_of_the_memory(db):
    """Those that are kept within a session do not."""
    room = db.value(
        "SELECT current_setting('max_locks_per_transaction')::int"
        " * (current_setting('max_connections')::int"
        " + current_setting('max_prepared_transactions')::int)"
    )
    made = 150
    most = (room - made // 2) // 2
    lock = RelationLock(
        LockMode.ACCESS_EXCLUSIVE, QualifiedName("t"), partitions=most - 1
    )
    step = Step("change t", (), (lock,), SkipCondition("false", "never"))
    engine = create_engine(db.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        partition_cost._refuse_beyond_memory(step, Database(connection))
        holding = (
            f"DO $$ BEGIN FOR i IN 1 .. {made} LOOP EXECUTE"
            " format('CREATE TABLE held_%s ()', i); END LOOP; END $$"
        )
        with db.holding(holding), pytest.raises(PreconditionError, match="no memory"):
            partition_cost._refuse_beyond_memory(step, Database(connection))
    engine.dispose()


@pytest.mark.slow
@pytest.mark.skipif(
    "ZDT_TEST_DSN" in os.environ, reason="needs a server of its own, not a given one"
)
def test_more_locks_than_the_server_has_memory_for(tmp_path):
    """Instead of "out of shared memory", for us or for the application."""
    settings = {"max_locks_per_transaction": "10", "max_connections": "10"}
    with Cluster(settings=settings) as cluster:
        db = Db(cluster, "postgres", "public")
        _partitioned(db, FEWER)
        project = Project(tmp_path, db)
        project.revision("r1", CALLS["check"])

        with pytest.raises(PreconditionError) as caught:
            project.upgrade(x=["zdt.lock_timeout=20s"])

        db.close()
    assert "the server has no memory for so many locks" in caught.value.primary
    assert (
        f"The step takes up to 122 locks for {FEWER + 1} tables" in caught.value.detail
    )
    assert "max_locks_per_transaction" in caught.value.hint
