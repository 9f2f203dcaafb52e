"""A backfill goes on while it converges; else it says which rows, and who writes."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import NullPool, create_engine

from alembic_zdt.backfill import proof, run_slice
from alembic_zdt.errors import LockNotAvailableError, RowsRemainError

ROWS = 300
KEYS = {
    "by page": ("PRIMARY KEY (id)", ""),
    "by key": ("PRIMARY KEY (id)", ', key="id"'),
    "composite key": ("PRIMARY KEY (a, id)", ""),
    "no key": ("CHECK (id > 0)", ""),
}
LEFT = "SELECT count(*) FROM users WHERE n IS NULL"
# An update of a row is lost four times out of five.
LOSES = "nextval('calls') % 5 <> 0"


def fill(db, constraint="PRIMARY KEY (id)", loses="false"):
    """A table with a trigger that leaves some rows as they are."""
    db.execute(
        "CREATE TABLE users (id int, a text NOT NULL DEFAULT 'it''s', n int,"
        f" pad text, {constraint})"
    )
    db.execute(
        "INSERT INTO users SELECT n, 'a', NULL, repeat('x', 500)"
        f" FROM generate_series(1, {ROWS}) n"
    )
    db.execute("CREATE SEQUENCE calls")
    db.execute(
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NEW.n IS NOT NULL AND {loses} THEN RETURN NULL; END IF;"
        " RETURN NEW; END $$"
    )
    db.execute(
        "CREATE TRIGGER lose BEFORE UPDATE ON users"
        " FOR EACH ROW EXECUTE FUNCTION lose()"
    )


@pytest.fixture
def at_proof(monkeypatch):
    """Let something happen before, or right after, each proof."""
    remaining = proof.remaining

    def installed(*, before=list, after=list):
        def found(*arguments):
            before()
            rest = remaining(*arguments)
            after()
            return rest

        monkeypatch.setattr(proof, "remaining", found)

    return installed


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("places", [5000, 40, 0])
@pytest.mark.parametrize("shape", KEYS)
def test_it_ends_however_many_rounds_it_takes(
    db, project, driver, monkeypatch, shape, places
):
    """Each driver runs half of them."""

    monkeypatch.setattr(proof, "MOST_PLACES", places)
    constraint, options = KEYS[shape]
    fill(db, constraint, LOSES)
    project.revision("a1", f'op.backfill("users", {{"n": "id"}}{options})')

    project.upgrade()

    assert db.value("SELECT count(*) FROM users WHERE n = id") == ROWS
    assert db.value("SELECT last_value FROM calls") > 2 * ROWS


@pytest.mark.parametrize("shape", KEYS)
def test_rows_that_somebody_moves_are_found_by_their_key(db, project, at_proof, shape):
    """None is where the proof has found it when it is changed.

    Without a key, a walk through the pages finds them.  How many rounds that takes
    depends on the pages that the server moves them to.
    """
    constraint, options = KEYS[shape]
    fill(db, constraint)
    project.revision("a1", f'op.backfill("users", {{"n": "id"}}{options})')
    moves = []

    def write():
        if not moves:
            db.execute("INSERT INTO users (id) SELECT generate_series(1001, 1050)")

    def move():
        moves.append(db.execute("UPDATE users SET pad = 'y' WHERE n IS NULL"))

    at_proof(before=write, after=move)
    project.upgrade()

    assert db.value(LEFT) == 0
    if shape == "no key":
        assert moves[0] == 50
        assert moves[-1] == 0
        assert moves == sorted(moves, reverse=True)
    else:
        assert moves == [50, 0]


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("shape", ["by page", "by key", "no key"])
def test_rows_that_somebody_writes_all_the_time_end_it(
    db, project, driver, at_proof, shape
):
    """Each driver runs half of them."""

    constraint, options = KEYS[shape]
    fill(db, constraint)
    project.revision("a1", f'op.backfill("users", {{"n": "id"}}{options})')
    with db.session() as writer:
        pid = writer.pid

        def write():
            writer.execute("INSERT INTO users (id) SELECT max(id) + 1 FROM users")

        at_proof(before=write)
        with pytest.raises(RowsRemainError) as caught:
            project.upgrade()

    error = caught.value
    left = f"makes no progress: {error.rows:,} rows are left"
    assert error.primary == f'backfill "users.n" {left}'
    assert "7 rounds left 1, 1, 1, 1, 1, 1, 1 rows" in error.detail
    assert f'pid {pid} (application "zdt-test"' in error.detail
    assert "INSERT INTO users (id) SELECT max(id) + 1 FROM users" in error.detail
    assert pid in error.pids
    newest = db.value("SELECT max(id) FROM users")
    named = "(ctid)=" if shape == "no key" else f"(id)=({newest})"
    assert error.examples[0].startswith(named)
    assert "The update of the last round" not in error.detail


ADDED = 'op.expand_add_column("users", sa.Column("m", sa.Integer()), backfill="id")'
KEEPS = (
    "CREATE OR REPLACE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RETURN CASE WHEN NEW.id <> 7 THEN NEW END; END $$"
)


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("places", [5000, 0])
@pytest.mark.parametrize("shape", ["by page", "no key"])
def test_old_code_that_inserts_all_the_time_does_not_stop_an_expand(
    db, project, driver, monkeypatch, at_proof, caplog, shape, places
):
    """It knows no new column, so new rows hold NULL; those that were there do not."""
    monkeypatch.setattr(proof, "MOST_PLACES", places)
    constraint, _ = KEYS[shape]
    fill(db, constraint)
    project.revision("a1", ADDED)
    with db.session() as writer:
        insert = "INSERT INTO users (id) SELECT max(id) + 1 FROM users"
        at_proof(before=lambda: writer.execute(insert))
        project.upgrade()

    unfilled = db.column("SELECT id FROM users WHERE m IS DISTINCT FROM id")
    assert unfilled == [db.value("SELECT max(id) FROM users")]
    (told,) = [each.message for each in caplog.records if "meanwhile" in each.message]
    assert "1 rows that were inserted meanwhile hold NULL" in told
    assert 'Sessions that write "users": pid' in told
    assert project.current == ["a1"]


INSERTS = """
CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO users (id) SELECT max(id) + 1 FROM users; RETURN NULL; END $$;
CREATE TRIGGER more AFTER UPDATE ON users EXECUTE FUNCTION more()
"""


@pytest.mark.parametrize("keeps", [False, True], ids=["new rows", "kept row"])
def test_script_tells_new_rows_from_those_that_were_there(db, project, keeps):
    """Each batch is followed by one more row."""
    fill(db)
    db.execute(INSERTS)
    if keeps:
        db.execute(KEEPS)
    project.revision("a1", ADDED)

    done = project.psql(project.sql(flavor="psql"))

    if keeps:
        assert done.rc != 0
        assert 'backfill "users.m" leaves' in done.stderr
    else:
        done.ok()
        # How many batches a round has depends on the pages that the server chooses.
        told = re.findall(r"(\d+) rows that were inserted meanwhile", done.stderr)
        unfilled = db.column("SELECT id FROM users WHERE m IS NULL")
        assert told == [str(len(unfilled))]
        assert min(unfilled) > ROWS


def test_old_code_that_inserts_hides_no_row_that_a_trigger_keeps(db, project, at_proof):
    fill(db)
    db.execute(KEEPS)
    project.revision("a1", ADDED)
    with db.session() as writer:
        insert = "INSERT INTO users (id) SELECT max(id) + 1 FROM users"
        at_proof(before=lambda: writer.execute(insert))
        with pytest.raises(RowsRemainError) as caught:
            project.upgrade()

    assert "(id)=(7)" in caught.value.examples


def test_rounds_of_an_older_release_do_not_tell_which_rows_are_new(
    db, project, at_proof
):
    """It noted no transaction id with the rows that were left."""
    fill(db)
    project.revision("a1", ADDED)
    with db.session() as writer:

        def write():
            writer.execute("INSERT INTO users (id) SELECT max(id) + 1 FROM users")
            forget = "SET cursor = cursor - 'horizon' WHERE kind = 'proof'"
            writer.execute(f"UPDATE alembic_zdt_backfill_slice {forget}")

        at_proof(before=write)
        with pytest.raises(RowsRemainError):
            project.upgrade()


def test_a_trigger_that_keeps_a_row_is_named(db, project):
    """Nobody writes it, so nobody is blamed."""
    fill(db, loses="NEW.id IN (7, 8)")
    project.revision("a1", 'op.backfill("users", {"n": "id"})')

    with pytest.raises(RowsRemainError) as caught:
        project.upgrade()

    detail = caught.value.detail
    assert "The update of the last round has changed none of them." in detail
    assert 'No session that writes "users" was seen.' in detail
    assert "The table has the triggers lose." in detail
    assert sorted(caught.value.examples) == ["(id)=(7)", "(id)=(8)"]
    assert "trigger" in caught.value.hint
    assert db.value(LEFT) == 2
    db.execute("DROP TRIGGER lose ON users")
    project.upgrade()
    assert db.value(LEFT) == 0


def test_queries_are_not_shown_where_that_is_turned_off(db, project, at_proof):
    fill(db, loses="NEW.id = 7")
    project.settings(show_queries="off")
    project.revision("a1", 'op.backfill("users", {"n": "id"})')

    with db.session() as writer:
        write = "UPDATE users SET pad = '' WHERE id = 7"
        at_proof(before=lambda: writer.execute(write))
        with pytest.raises(RowsRemainError) as caught:
            project.upgrade()

    assert 'application "zdt-test"' in caught.value.detail
    assert "SET pad" not in caught.value.detail


def test_short_slices_of_work_count_the_rounds_together(db, project):
    """A job engine would come back for ever."""
    fill(db, loses="NEW.id = 7")
    project.revision("a1", 'op.backfill("users", {"n": "id"}, mode="background")')
    project.upgrade()
    engine = create_engine(db.url(), poolclass=NullPool)

    def work():
        for _ in range(100):
            run_slice(engine, "users.n", max_seconds=0.05, config=project.ini)

    with pytest.raises(RowsRemainError) as caught:
        work()

    assert caught.value.examples == ["(id)=(7)"]
    assert db.value("SELECT status FROM alembic_zdt_backfill") == "failed"


def test_who_holds_rows_that_stay_locked_is_named(db, project):
    fill(db)
    project.revision("a1", 'op.backfill("users", {"n": "id"})')
    project.settings(lock_deadline="500ms")

    with db.holding("UPDATE users SET pad = '' WHERE id = 7") as other:
        pid = other.pid
        with pytest.raises(LockNotAvailableError) as caught:
            project.upgrade()

    assert 'users" stay locked' in caught.value.primary
    assert f"Held by pid {pid}" in caught.value.detail
    assert "query: UPDATE users SET pad = '' WHERE id = 7" in caught.value.detail
    assert db.value(LEFT) == 1
