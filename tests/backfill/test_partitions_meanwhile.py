"""Partitions that are dropped, detached or renamed while a backfill runs."""

from __future__ import annotations

import sys

import pytest

from tests.backfill.test_script import FAILS_ONCE, run
from tests.runner.script.scripts import without_versions

ROWS = 300
# In the middle of the first partition.
MEANWHILE = """
left = [{statement!r}]

def rest(pulse):
    if pulse.rows_done and left:
        pulse.connection.exec_driver_sql(left.pop())
"""
CALL = """
op.backfill("users", {"n": "id"}, batch_size=10, throttle="zdt_meanwhile:rest")
"""


@pytest.fixture
def partitioned(db):
    """Two partitions of several pages each."""
    db.execute("CREATE TABLE users (id int, n int, pad text) PARTITION BY RANGE (id)")
    for part, end in ((0, ROWS), (ROWS, 2 * ROWS)):
        db.execute(
            f"CREATE TABLE users_{part} PARTITION OF users"
            f" FOR VALUES FROM ({part}) TO ({end})"
        )
    db.execute(
        "INSERT INTO users SELECT g, NULL, repeat('x', 1000)"
        f" FROM generate_series(0, {2 * ROWS - 1}) g"
    )


@pytest.mark.usefixtures("partitioned")
@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("DROP TABLE users_0", ROWS),
        ("ALTER TABLE users DETACH PARTITION users_0", ROWS),
        ("ALTER TABLE users_0 RENAME TO users_old", 2 * ROWS),
    ],
)
def test_a_backfill_goes_on(db, project, monkeypatch, statement, rows):
    project.write("zdt_meanwhile.py", MEANWHILE.format(statement=statement))
    monkeypatch.syspath_prepend(project.folder)
    monkeypatch.delitem(sys.modules, "zdt_meanwhile", raising=False)
    project.revision("a1", CALL)

    project.upgrade()

    assert db.value("SELECT count(*) FROM users WHERE n = id") == rows
    assert db.value("SELECT status FROM alembic_zdt_backfill") == "finished"


@pytest.mark.usefixtures("partitioned")
@pytest.mark.parametrize(
    "statement", ["DROP TABLE users_0", "ALTER TABLE users DETACH PARTITION users_0"]
)
def test_a_script_goes_on(db, project, statement):
    db.execute(FAILS_ONCE.replace("email = 'User300@Example.org'", "id = 5"))
    project.revision("a1", 'op.backfill("users", {"n": "id"})')
    with pytest.raises(Exception, match="not this one"):
        run(project, project.sql(), "psql")
    db.execute(statement)
    db.execute("DROP TRIGGER fails ON users")

    run(project, without_versions(project.sql()), "psql")

    assert db.value("SELECT count(*) FROM users WHERE n = id") == ROWS
    assert db.value("SELECT status FROM alembic_zdt_backfill") == "finished"
