"""What ``--sql`` writes, run against a server."""

from __future__ import annotations

import pytest

from tests.operations.cases import CASES
from tests.runner.script.scripts import (
    replay_through_driver,
    scripts_of,
    without_versions,
)

PARTITION_BY_PARTITION = {"index-partitioned", "foreign-key-from-partitioned"}
every_case = pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.id) for case in CASES if case.offline]
)


@pytest.fixture
def catalogs(db, project, case):
    """The catalogs after the online run up, and down again."""
    for statement in case.setup:
        db.execute(statement)
    project.revision("r1", case.upgrade, case.downgrade)
    project.upgrade("head")
    up = db.catalog()
    project.downgrade("base")
    return up, db.catalog()


@every_case
def test_script_ends_where_the_online_run_ends(db, project, case, catalogs):
    """Up, up again, down, down again: each time the catalog of the online run.

    Statement by statement through a driver, too, where it can be written for that.
    """
    replay(db, catalogs, scripts_of(project, case, "psql"), by_psql(project))
    if case.id in PARTITION_BY_PARTITION:
        return

    plain = scripts_of(project, case, "plain")
    replay(db, catalogs, plain, lambda text: replay_through_driver(project, text))
    # It holds nothing that psql would read differently.
    replay(db, catalogs, plain, by_psql(project), again=False)


def by_psql(project):
    return lambda text: project.psql(text).ok()


def replay(db, catalogs, scripts, run, *, again=True):
    """Run both scripts, and each again without what it writes for Alembic's table."""
    db.execute("DROP TABLE alembic_version")
    for script, catalog in zip(scripts, catalogs, strict=True):
        for text in (script, without_versions(script))[: 1 + again]:
            run(text)
            assert db.catalog() == catalog


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
