"""A backfill ends whatever it costs to read, to compare or to write a row."""

from __future__ import annotations

import logging

import pytest

from alembic_zdt.errors import RowFailedError, StatementTimeoutError

ROWS = 40
LEFT = "SELECT count(*) FROM docs WHERE n IS NULL"
# As long as two large values take to be compared: a page takes two batches' time.
IS_PENDING = "n IS DISTINCT FROM compared(id)"
COMPARED = (
    "CREATE FUNCTION compared(id int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
    " PERFORM pg_sleep(0.01); RETURN 10 * id; END $$"
)
KEYS = {"by page": "", "by key": ', key="id"'}


@pytest.fixture
def docs(db):
    """A table of one page."""
    db.execute("CREATE TABLE docs (id int PRIMARY KEY, n int)")
    db.execute(f"INSERT INTO docs SELECT generate_series(1, {ROWS})")
    db.execute("CREATE INDEX ON docs (n)")  # so whole pages are tried first
    db.execute(COMPARED)
    return db


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("key", KEYS)
def test_a_page_that_takes_longer_than_a_batch_is_done(docs, project, driver, key):
    """Each driver runs half of them."""

    call = f'op.backfill("docs", {{"n": "10 * id"}}, where="{IS_PENDING}"{KEYS[key]})'
    project.revision("a1", call)

    project.upgrade()

    assert docs.value("SELECT count(*) FROM docs WHERE n = 10 * id") == ROWS


def test_it_goes_on_within_the_page(docs, project):
    """Not at its first row, where it would compare those that are done again."""
    docs.execute("UPDATE docs SET id = 0 WHERE id = 35")
    call = '{"n": "CASE WHEN 1 / id > 0 THEN 10 * id ELSE 10 * id END"}'
    project.revision("a1", f'op.backfill("docs", {call}, where="{IS_PENDING}")')

    with pytest.raises(RowFailedError) as caught:
        project.upgrade()

    assert "(id)=(0)" in caught.value.row
    place = docs.row(
        "SELECT (cursor->>'page')::int, (cursor->>'line')::int"
        " FROM alembic_zdt_backfill_slice"
    )
    assert place[0] == 0
    assert 0 < place[1] <= ROWS
    docs.execute("UPDATE docs SET id = 35 WHERE id = 0")
    project.upgrade()
    assert docs.value("SELECT count(*) FROM docs WHERE n = 10 * id") == ROWS


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("key", KEYS)
def test_a_row_that_takes_longer_than_a_batch_is_taken(
    docs, project, driver, key, caplog
):
    """With a warning: whoever writes that row waits as long.

    Each driver runs half of them.
    """
    value = "(SELECT id FROM pg_sleep(CASE WHEN id = 7 THEN 0.5 ELSE 0 END))"
    call = f'op.backfill("docs", {{"n": "{value}"}}, where="n IS NULL"{KEYS[key]})'
    project.revision("a1", call)

    with caplog.at_level(logging.WARNING, "alembic_zdt"):
        project.upgrade()

    assert docs.value(LEFT) == 0
    where = {"by page": "(ctid)=((0,7))", "by key": "(id)=(7)"}[key]
    (warning,) = (record.getMessage() for record in caplog.records)
    assert warning == (
        f"docs.n: the row {where} takes longer than the 200 ms of a batch; the "
        "row gets more time, and sessions that write this row wait as long"
    )


def test_the_limit_of_a_single_row_is_a_setting(docs, project):
    value = "(SELECT id FROM pg_sleep(CASE WHEN id = 7 THEN 60 ELSE 0 END))"
    project.settings(statement_timeout="300ms")
    project.revision(
        "a1", f'op.backfill("docs", {{"n": "{value}"}}, where="n IS NULL")'
    )

    with pytest.raises(StatementTimeoutError) as caught:
        project.upgrade()

    assert "one row takes longer than 0.3 s" in caught.value.primary
    assert "(ctid)=((0,7))" in caught.value.detail
    assert '"-x zdt.statement_timeout=0s"' in caught.value.hint
    assert docs.value(LEFT) == ROWS - 6


def test_a_migrate_phase_ends(db, project):
    """Its hints name nothing that the directive does not have."""
    db.execute("CREATE TABLE docs (id int PRIMARY KEY, body text)")
    db.execute("ALTER TABLE docs ALTER body SET STORAGE EXTERNAL")
    db.execute(
        "INSERT INTO docs SELECT n, (SELECT string_agg(md5(i::text || n), '')"
        f" FROM generate_series(1, 20000) i) FROM generate_series(1, {ROWS}) n"
    )
    project.revision("a1", "op.expand_rename_column('docs', 'body', 'text')")
    project.revision("a2", "op.migrate_rename_column('docs', 'body', 'text')")

    project.upgrade(x=("zdt.allow_same_run=true",))

    assert db.value("SELECT count(*) FROM docs WHERE text = body") == ROWS
