"""Nobody knows the partitions when a script is written."""

from __future__ import annotations

import pytest

from tests.operations.case import PARTITIONED, SHOP
from tests.runner.script.scripts import FLAVORS

INDEX = 'op.create_index_concurrently("ix", "events", ["body"])'
FOREIGN_KEY = (
    'op.create_foreign_key_two_phase("fk", "events", "users", ["user_id"], ["id"])'
)


@pytest.fixture
def events(db):
    """A tree of partitions."""
    for statement in (*SHOP, *PARTITIONED):
        db.execute(statement)


def refusal(replay):
    assert replay.rc == 3, replay.output
    return replay.stderr.split("CONTEXT")[0]


def test_plain_script_refuses_an_index_of_a_partitioned_table(db, project, events):
    """Before anything is changed, and says what to do instead."""
    before = db.catalog()
    project.revision("r1", INDEX)

    replay = project.psql(project.sql(flavor="plain"))

    assert refusal(replay) == (
        'ERROR:  cannot create index "ix" with a plain script: the table is'
        " partitioned\n"
        "DETAIL:  Its partitions are known only to the database.\n"
        "HINT:  Write the script for psql (-x zdt.sql_flavor=psql) or run this"
        " revision online.\n"
    )
    assert db.catalog() == before


@pytest.mark.pg("<18")
def test_plain_script_refuses_a_foreign_key_from_a_partitioned_table(
    db, project, events
):
    """NOT VALID is not supported there before 18."""
    before = db.catalog()
    project.revision("r1", FOREIGN_KEY)

    replay = project.psql(project.sql(flavor="plain"))

    assert "with a plain script: the table is partitioned" in refusal(replay)
    assert db.catalog() == before


@pytest.mark.pg(">=18")
def test_plain_script_adds_a_foreign_key_from_a_partitioned_table(db, project, events):
    """From 18 on PostgreSQL does it by itself."""
    project.revision("r1", FOREIGN_KEY)

    project.psql(project.sql(flavor="plain")).ok()

    assert db.is_true(
        "SELECT bool_and(convalidated) FROM pg_constraint WHERE contype = 'f'"
    )


@pytest.mark.parametrize("flavor", FLAVORS)
@pytest.mark.parametrize(
    "call",
    [
        'op.create_unique_constraint_concurrently("u", "events", ["id"])',
        'op.create_primary_key_concurrently("u", "events", ["id", "body"])',
        'op.replace_index_concurrently("ix", "events", ["body"])',
    ],
    ids=["unique", "primary-key", "replace"],
)
def test_what_partitioned_tables_cannot_have_is_refused(
    db, project, events, call, flavor
):
    """With the words of the online run, before anything is changed."""
    before = db.catalog()
    project.revision("r1", call)

    replay = project.psql(project.sql(flavor=flavor))

    assert "the table is partitioned\nDETAIL:  " in refusal(replay)
    assert db.catalog() == before


def test_partition_added_between_writing_and_running_gets_its_index(
    db, project, events
):
    """The tree is the one of the moment when the script is run."""
    project.revision("r1", INDEX)
    script = project.sql(flavor="psql")
    db.execute(
        "CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM (200) TO (300)"
    )

    project.psql(script).ok()

    assert db.index("ix").is_valid
    assert db.index("ix_events_3").is_valid


def test_partitioned_table_without_partitions_gets_its_index(db, project):
    """Nothing to do for each, and valid at once."""
    db.execute("CREATE TABLE events (id int, body text) PARTITION BY RANGE (id)")
    project.revision("r1", INDEX)

    project.psql(project.sql(flavor="psql")).ok()

    assert db.index("ix").is_valid


def test_partitions_in_another_schema_get_their_index(db, project, new_schema):
    """Each in the schema of its table, as online."""
    other = new_schema()
    db.execute("CREATE TABLE events (id int, body text) PARTITION BY RANGE (id)")
    db.execute(
        f"CREATE TABLE {other}.part PARTITION OF events FOR VALUES FROM (0) TO (9)"
        " PARTITION BY RANGE (id)"
    )
    db.execute(
        f"CREATE TABLE {other}.leaf PARTITION OF {other}.part"
        " FOR VALUES FROM (0) TO (5)"
    )
    project.revision("r1", INDEX, 'op.drop_index_concurrently("ix", "events")')
    project.upgrade()
    online = db.catalog(), db.catalog(other)
    project.downgrade()
    db.execute("DROP TABLE alembic_version")

    project.psql(project.sql(flavor="psql")).ok()

    assert (db.catalog(), db.catalog(other)) == online


def test_second_replay_on_a_partitioned_table_builds_nothing_again(db, project, events):
    """Files tell: an index that was built again has another one."""
    project.revision("r1", INDEX)
    script = project.sql(flavor="psql")
    project.psql(script).ok()
    files = (
        "SELECT relname, relfilenode FROM pg_class WHERE relname LIKE 'ix%' ORDER BY 1"
    )
    before = db.rows(files)

    db.execute("DROP TABLE alembic_version")
    project.psql(script).ok()

    assert db.rows(files) == before
