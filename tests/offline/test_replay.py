"""What ``--sql`` writes, run against a server."""

from __future__ import annotations

import pytest

from tests.offline.scripts import (
    replay_through_driver,
    scripts_of,
    without_versions,
)
from tests.operations.cases import CASES

PARTITION_BY_PARTITION = {"index-partitioned", "foreign-key-from-partitioned"}
EVERY_CASE = [pytest.param(case, id=case.id) for case in CASES if case.offline]
PLAIN_CASES = [
    pytest.param(case, id=case.id)
    for case in CASES
    if case.offline and case.id not in PARTITION_BY_PARTITION
]
every_case = pytest.mark.parametrize("case", EVERY_CASE)
plain_cases = pytest.mark.parametrize("case", PLAIN_CASES)


@pytest.fixture
def catalogs(db, project, case):
    """The catalogs after the online run up, and down again."""
    for statement in case.setup:
        db.execute(statement)
    project.revision("r1", case.upgrade, case.downgrade)
    project.upgrade("head")
    up = db.catalog()
    project.downgrade("base")
    down = db.catalog()
    db.execute("DROP TABLE alembic_version")
    return up, down


@every_case
def test_psql_script_ends_where_the_online_run_ends(db, project, case, catalogs):
    """Up, up again, down, down again: each time the catalog of the online run."""
    up, down = scripts_of(project, case, "psql")

    project.psql(up).ok()
    assert db.catalog() == catalogs[0]
    project.psql(without_versions(up)).ok()
    assert db.catalog() == catalogs[0]

    project.psql(down).ok()
    assert db.catalog() == catalogs[1]
    project.psql(without_versions(down)).ok()
    assert db.catalog() == catalogs[1]


@plain_cases
def test_plain_script_ends_where_the_online_run_ends(db, project, case, catalogs):
    """Sent through a driver, statement by statement, up and down, each twice."""
    up, down = scripts_of(project, case, "plain")

    replay_through_driver(project, up)
    assert db.catalog() == catalogs[0]
    replay_through_driver(project, without_versions(up))
    assert db.catalog() == catalogs[0]

    replay_through_driver(project, down)
    assert db.catalog() == catalogs[1]
    replay_through_driver(project, without_versions(down))
    assert db.catalog() == catalogs[1]


@plain_cases
def test_plain_script_runs_through_psql(db, project, case, catalogs):
    """The plain flavour holds nothing that psql would read differently."""
    up, down = scripts_of(project, case, "plain")

    project.psql(up).ok()
    assert db.catalog() == catalogs[0]
    project.psql(down).ok()
    assert db.catalog() == catalogs[1]


def test_second_replay_through_psql_builds_nothing_again(db, project):
    """An index that is there keeps its file: nothing was rebuilt behind the scenes."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, name text)")
    db.execute("CREATE INDEX ix_users_name ON users (name)")
    project.revision(
        "r1",
        'op.create_index_concurrently("ix_users_id", "users", ["id"])\n'
        'op.replace_index_concurrently("ix_users_name", "users", ["name", "id"])',
    )
    script = project.sql(flavor="psql")
    project.psql(script).ok()
    files = "SELECT relname, pg_relation_filenode(oid) FROM pg_class"
    files += " WHERE relname LIKE 'ix_users%' ORDER BY 1"
    before = db.rows(files)

    project.psql(without_versions(script)).ok()

    assert db.rows(files) == before
