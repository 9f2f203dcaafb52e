"""Batches are short, but never so small that the backfill would not end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from sqlalchemy.engine import make_url

from tests.support.proxy import proxy_to

ROWS = 3000
BATCHES = "CREATE TABLE batches (at timestamptz, first_id int, rows int)"
NOTE = (
    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " INSERT INTO batches SELECT clock_timestamp(), min(id), count(*) FROM changed;"
    " PERFORM pg_sleep({then}); RETURN NULL; END $$"
)
NOTED = (
    "CREATE TRIGGER note AFTER UPDATE ON users REFERENCING NEW TABLE AS changed"
    " FOR EACH STATEMENT EXECUTE FUNCTION note()"
)


@pytest.fixture
def users(db):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, n int, pad text)")
    db.execute(
        "INSERT INTO users SELECT g, NULL, repeat('x', 80)"
        f" FROM generate_series(1, {ROWS}) g"
    )
    db.execute("VACUUM ANALYZE users")


def note_batches(db, then="0"):
    """Each batch writes down its rows, and lasts some seconds longer."""
    db.execute(BATCHES)
    db.execute(NOTE.format(then=then))
    db.execute(NOTED)


@pytest.mark.drivers_by_turns
@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("options", ["", ', key="id"'], ids=["pages", "key"])
def test_a_server_far_away_does_not_make_batches_small(db, project, driver, options):
    """The application does not wait for bytes under way.

    Each kind of walk is run by one driver.  The way there and back lasts longer than
    the server lets a batch last.
    """
    note_batches(db)
    call = f'op.backfill("users", {{"n": "id"}}, target_batch_time="10ms"{options})'
    project.revision("a1", call)
    url = make_url(db.url(driver))
    ini = project.ini.read_text()
    with proxy_to(url.host, url.port, distance=0.015) as line:
        project.write(project.ini, ini.replace(f":{url.port}/", f":{line.port}/"))
        project.upgrade(x=["zdt.lock_timeout=10ms"])

    assert db.value("SELECT count(n) FROM users") == ROWS
    assert db.value("SELECT max(rows) FROM batches") >= 50
    assert db.value("SELECT count(*) FROM batches") < ROWS / 50


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("options", ["", ', key="id"'], ids=["pages", "key"])
def test_what_a_batch_costs_anyway_does_not_make_it_small(db, project, options):
    """A trigger of the statement lasts longer than a batch should."""
    note_batches(db, then="0.04")
    call = f'op.backfill("users", {{"n": "id"}}, target_batch_time="20ms"{options})'
    project.revision("a1", call)

    project.upgrade()

    assert db.value("SELECT count(n) FROM users") == ROWS
    assert db.value("SELECT count(*) FROM batches") < ROWS / 20


@pytest.mark.usefixtures("users")
def test_rows_that_move_are_done_on_fewer_pages_at_once(db, project):
    """Each of them needs new entries in all indexes; the ones after them do not."""
    db.execute(
        "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.0003); RETURN $1; END $$"
    )
    db.execute("CREATE INDEX ON users (slow(id)) WHERE id > 0")
    note_batches(db)
    project.revision("a1", 'op.backfill("users", {"n": "id"})')

    project.upgrade()

    starts = db.column("SELECT first_id FROM batches WHERE rows > 0 ORDER BY at")
    rows_of_a_page = ROWS / db.value("SELECT pg_relation_size('users') / 8192")
    assert any(later < before - rows_of_a_page for before, later in pairwise(starts))
