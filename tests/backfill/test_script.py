"""What ``--sql`` writes does what the online run does, and goes on where it was."""

from __future__ import annotations

import pytest

from tests.backfill.tables import IS_DONE, ROWS, SHAPES, call
from tests.runner.script.scripts import FLAVORS, replay_through_driver, without_versions
from tests.support.names import every_name

every_flavor = pytest.mark.parametrize("flavor", FLAVORS)


def run(project, script, flavor):
    if flavor == "psql":
        project.psql(script).ok()
    else:
        replay_through_driver(project, script)


def prepare(db, project, shape, more=""):
    for statement in SHAPES[shape].setup:
        db.execute(statement)
    project.revision("a1", call(SHAPES[shape], more))


@every_flavor
@pytest.mark.parametrize("shape", list(SHAPES))
def test_every_row_is_set_once(db, project, shape, flavor):
    prepare(db, project, shape)
    script = project.sql(flavor=flavor)

    run(project, script, flavor)
    run(project, without_versions(script), flavor)

    rows = 0 if shape == "empty" else ROWS
    assert db.value(f"SELECT count(*) FROM users WHERE {IS_DONE}") == rows
    assert db.row("SELECT status, error FROM alembic_zdt_backfill") == (
        "finished",
        None,
    )
    assert db.value("SELECT sum(rows_done) FROM alembic_zdt_backfill_slice") == rows


@every_flavor
def test_rows_that_are_pending_again_are_set_by_the_next_replay(db, project, flavor):
    """A backfill that was finished once is begun anew for them."""
    prepare(db, project, "heap")
    script = project.sql(flavor=flavor)
    run(project, script, flavor)
    db.execute("INSERT INTO users (id, email) VALUES (0, 'New')")
    slices = "alembic_zdt_backfill_slice"
    db.execute(
        "INSERT INTO alembic_zdt_backfill SELECT (jsonb_populate_record(b, "
        """'{"name": "another"}')).* FROM alembic_zdt_backfill b"""
    )
    db.execute(
        f"INSERT INTO {slices} (backfill, round, number, kind, relation, first_page,"
        " last_page) SELECT 'another', 1, number, kind, relation, 0, 9"
        f" FROM {slices}"
    )

    run(project, without_versions(script), flavor)

    assert db.row("SELECT email_lower, hits FROM users WHERE id = 0") == ("new", 1)
    others = f"SELECT is_done, rows_done FROM {slices} WHERE backfill = 'another'"
    assert set(db.rows(others)) == {(False, 0)}
    assert db.value(f"SELECT count(*) FROM users WHERE {IS_DONE}") == ROWS + 1


def test_a_changed_backfill_begins_anew_and_a_finished_one_rests(db, project):
    """Each by its own row in the journal, though nothing is proven."""
    db.execute("CREATE TABLE users (id int, n int); INSERT INTO users VALUES (1, 0)")
    changed = 'op.backfill("users", {{"n": "{}"}}, where="n < {}", verify=False)'
    other = 'op.backfill("users", {"id": "7"}, where="id = 1", verify=False)'
    ended = "SELECT finished_at FROM alembic_zdt_backfill WHERE name = 'users.id'"
    project.revision("a1", f"{changed.format(1, 1)}\n{other}")
    run(project, project.sql(flavor="plain"), "plain")
    before = db.value(ended)

    project.revision("a1", f"{changed.format(2, 2)}\n{other}")
    run(project, without_versions(project.sql(flavor="plain")), "plain")

    assert db.row("SELECT id, n FROM users") == (7, 2)
    assert db.value(ended) == before


@every_name
def test_any_name_will_do(db, project, names):
    db.execute(f"CREATE TABLE {names.t} ({names.c} text, {names.n} text)")
    db.execute(f"INSERT INTO {names.t} SELECT 'A' || n FROM generate_series(1, 50) n")
    values = {names.new_column: f"lower({names.c})"}
    call = f"op.backfill({names.table!r}, {values!r}, schema={names.schema!r})"
    project.revision("a1", call)

    run(project, project.sql(), "psql")

    assert db.is_true(f"SELECT bool_and({names.n} = lower({names.c})) FROM {names.t}")


@pytest.mark.parametrize("shape", ["heap", "by-key", "partitioned"])
def test_a_script_ends_what_the_online_run_began(db, project, shape):
    prepare(db, project, shape)
    db.execute(FAILS_ONCE)
    with pytest.raises(Exception, match="not this one"):
        project.upgrade()
    assert 0 < db.value("SELECT count(*) FROM users WHERE hits = 1") < ROWS
    db.execute("DROP TRIGGER fails ON users")

    run(project, without_versions(project.sql()), "psql")

    assert db.value(f"SELECT count(*) FROM users WHERE {IS_DONE}") == ROWS
    assert db.value("SELECT status FROM alembic_zdt_backfill") == "finished"


FAILS_ONCE = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN IF NEW.email = 'User300@Example.org' THEN
       RAISE 'not this one'; END IF; RETURN NEW; END $$;
CREATE TRIGGER fails BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fail();
"""


@every_flavor
def test_a_script_queues_what_is_for_the_background(db, project, flavor):
    prepare(db, project, "heap", ', mode="background"')
    script = project.sql(flavor=flavor)

    run(project, script, flavor)
    run(project, without_versions(script), flavor)

    assert db.value("SELECT status FROM alembic_zdt_backfill") == "queued"
    assert db.value("SELECT count(*) FROM users WHERE hits = 1") == 0
    project.cli("backfill", "run", module="alembic_zdt").ok()
    assert db.value(f"SELECT count(*) FROM users WHERE {IS_DONE}") == ROWS


@every_flavor
def test_rows_that_stay_pending_end_the_script(db, project, flavor):
    db.execute("CREATE TABLE users (id int, n int)")
    db.execute("INSERT INTO users VALUES (1, 1), (2, NULL)")
    project.revision("a1", 'op.backfill("users", {"n": "n + 1"}, where="id < 3")')

    with pytest.raises(Exception, match=r'backfill "users\.n" leaves 2 rows'):
        run(project, project.sql(flavor=flavor), flavor)

    last = db.value("SELECT max(round) FROM alembic_zdt_backfill_slice")
    assert last > 1
    assert db.value("SELECT round FROM alembic_zdt_backfill") == last


@pytest.mark.parametrize(("more", "size"), [("", 1000), (", batch_size=7", 7)])
def test_batches_by_key_begin_with_the_size_that_was_given(db, project, more, size):
    prepare(db, project, "heap", f', key=["id"]{more}')

    assert f"zdt_size := coalesce(zdt_size, {size});" in project.sql()


@pytest.mark.parametrize("key", ["", ', key="id"'])
def test_an_expression_may_contain_any_text(db, project, key):
    """Also what the script itself replaces."""
    text = "<table> <operators> :SIZE: :TAG: "
    db.execute("CREATE TABLE pages (id int PRIMARY KEY, body text, html text)")
    db.execute("INSERT INTO pages SELECT g, g FROM generate_series(1, 50) g")
    values = {"html": f"'{text}' || body"}
    project.revision("a1", f'op.backfill("pages", {values!r}{key})')

    run(project, project.sql(), "psql")

    assert db.value("SELECT count(*) FROM pages WHERE html = %s || id", text) == 50


@pytest.mark.parametrize("more", ["", ", batch_size=7"])
def test_several_batches_by_key(db, project, more):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, n int)")
    db.execute("INSERT INTO users SELECT g FROM generate_series(1, 2500) g")
    project.revision("a1", f'op.backfill("users", {{"n": "id"}}, key="id"{more})')

    run(project, project.sql(), "psql")

    assert db.value("SELECT count(*) FROM users WHERE n = id") == 2500


@pytest.mark.parametrize("case", ["another", "again", "cancelled", "failed"])
def test_a_script_queues_again_what_is_to_be_done_again(db, project, case):
    """As an online run does; the name is that of the table and the column."""
    db.execute("CREATE TABLE users (id int, n int)")
    db.execute("INSERT INTO users SELECT g FROM generate_series(1, 20) g")
    call = 'op.backfill("users", {"n": "id"}, where="n IS NULL", mode="background")'
    project.revision("a1", call)
    run(project, project.sql(), "psql")
    project.cli("backfill", "run", module="alembic_zdt").ok()
    db.execute("UPDATE users SET n = NULL")
    if case in ("cancelled", "failed"):
        db.execute(f"UPDATE alembic_zdt_backfill SET status = '{case}', error = 'x'")
    if case == "another":
        call = call.replace('"id"', '"id + 0"')
    project.revision("a2", call, "a1")

    run(project, project.sql("a1:a2"), "psql")

    assert db.row("SELECT status, error FROM alembic_zdt_backfill") == ("queued", None)
    project.cli("backfill", "run", module="alembic_zdt").ok()
    assert db.value("SELECT count(n) FROM users") == 20


def test_a_finished_one_is_not_queued_again(db, project):
    db.execute("CREATE TABLE users (id int, n int); INSERT INTO users VALUES (1)")
    project.revision("a1", 'op.backfill("users", {"n": "id"}, mode="background")')
    run(project, project.sql(), "psql")
    project.cli("backfill", "run", module="alembic_zdt").ok()

    run(project, without_versions(project.sql()), "psql")

    assert db.value("SELECT status FROM alembic_zdt_backfill") == "finished"


def test_a_later_call_of_the_same_name_is_no_hindrance(db, project):
    """The script queues the call of the first revision; the second one is not run."""
    db.execute("CREATE TABLE users (id int, n int); INSERT INTO users VALUES (1)")
    call = 'op.backfill("users", {"n": "id"}, mode="background")'
    project.revision("a1", call)
    project.revision("a2", call.replace('"id"', '"id + 1"'), "a1")
    run(project, project.sql("a1"), "psql")

    project.cli("backfill", "run", module="alembic_zdt").ok()

    assert db.value("SELECT n FROM users") == 1


def test_key_that_cannot_be_read_back_ends_with_an_error(db, project):
    """The text of a jsonb value is read as a string of JSON."""
    db.execute("CREATE TABLE t (k jsonb PRIMARY KEY, n int)")
    db.execute("INSERT INTO t SELECT to_jsonb(i) FROM generate_series(1, 9) i")
    call = 'op.backfill("t", {"n": "1"}, key="k", batch_size=2)'
    project.revision("a1", call)

    done = project.psql(project.sql(flavor="psql"))

    assert done.rc != 0
    assert 'backfill "t.n" cannot go on behind' in done.stderr
    assert "Leave key= out" in done.stderr
    project.upgrade()
    assert db.value("SELECT count(*) FROM t WHERE n = 1") == 9
