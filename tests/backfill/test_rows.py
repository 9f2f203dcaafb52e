"""Every row is set, exactly once, whatever the table looks like."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import RowFailedError
from alembic_zdt.names import quote
from tests.backfill.tables import IS_DONE, ROWS, SHAPES, call
from tests.support.names import every_name

every_shape = pytest.mark.parametrize("shape", list(SHAPES))


def prepare(db, project, shape, more=""):
    for statement in SHAPES[shape].setup:
        db.execute(statement)
    project.revision("a1", call(SHAPES[shape], more))


def rows_done(db):
    return db.value("SELECT sum(rows_done) FROM alembic_zdt_backfill_slice")


@pytest.mark.drivers_by_turns
@every_shape
def test_every_row_is_set_once(db, project, driver, shape):
    """Each driver runs half of them."""

    prepare(db, project, shape)

    project.upgrade()

    rows = 0 if shape == "empty" else ROWS
    assert db.value(f"SELECT count(*) FROM users WHERE {IS_DONE}") == rows
    assert db.value("SELECT count(*) FROM users") == rows
    assert db.row("SELECT name, status, error, revision FROM alembic_zdt_backfill") == (
        "users.email_lower+hits",
        "finished",
        None,
        "a1",
    )
    assert (rows_done(db) or 0) == rows


@every_shape
def test_a_second_run_changes_nothing(db, project, shape):
    prepare(db, project, shape)
    project.upgrade()
    before = db.column("SELECT xmin::text || ctid::text FROM users ORDER BY 1")
    project.run("stamp", "base")

    project.upgrade()

    assert db.column("SELECT xmin::text || ctid::text FROM users ORDER BY 1") == before


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("shape", ["heap", "by-key"])
def test_batches_have_the_size_that_was_asked_for(db, project, shape, size):
    prepare(db, project, shape, f", batch_size={size}")
    db.execute("ANALYZE users")
    db.execute("CREATE TABLE batches (rows bigint)")
    db.execute(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO batches SELECT count(*) FROM changed; RETURN NULL; END'"
    )
    db.execute(
        "CREATE TRIGGER note AFTER UPDATE ON users REFERENCING NEW TABLE AS changed"
        " FOR EACH STATEMENT EXECUTE FUNCTION note()"
    )

    project.upgrade()

    largest = db.value("SELECT max(rows) FROM batches")
    a_page = 8 if shape == "heap" else 0
    assert largest <= max(size, a_page)
    assert db.value("SELECT sum(rows) FROM batches") == ROWS


@pytest.mark.drivers_by_turns
@every_name
def test_any_name_will_do(db, project, driver, names):
    """Each driver runs half of them."""

    db.execute(f"CREATE TABLE {names.t} ({names.c} text, {names.n} text)")
    db.execute(f"INSERT INTO {names.t} SELECT 'A' || n FROM generate_series(1, 50) n")
    values = {names.new_column: f"lower({names.c})"}
    call = f"op.backfill({names.table!r}, {values!r}, schema={names.schema!r})"
    project.revision("a1", call)

    project.upgrade()

    assert db.is_true(f"SELECT bool_and({names.n} = lower({names.c})) FROM {names.t}")


def test_only_null_is_filled_by_default(db, project):
    db.execute("CREATE TABLE users (id int, a text, b text)")
    db.execute("INSERT INTO users VALUES (1, 'kept', NULL), (2, NULL, 'kept')")
    db.execute("INSERT INTO users VALUES (NULL, NULL, NULL)")
    project.revision(
        "a1", """op.backfill("users", {"a": "'a' || id", "b": "'b' || id"})"""
    )

    project.upgrade()

    assert db.rows("SELECT id, a, b FROM users ORDER BY id") == [
        (1, "kept", "b1"),
        (2, "a2", "kept"),
        (None, None, None),
    ]


def test_values_may_be_constructs_of_sqlalchemy(db, project):
    db.execute("CREATE TABLE users (id int, a text, at timestamptz)")
    db.execute("INSERT INTO users VALUES (1, NULL, NULL)")
    project.revision(
        "a1",
        """
        a = sa.func.concat("50% :x \\\\ ", sa.column("id"))
        at = sa.func.now()
        op.backfill("users", {"a": a, "at": at}, where=sa.column("a").is_(None))
        """,
    )

    project.upgrade()

    assert db.row("SELECT a, at IS NOT NULL FROM users") == ("50% :x \\ 1", True)


def test_a_subquery_and_the_name_of_the_table_may_be_used(db, project):
    db.execute("CREATE TABLE users (id int, total int) PARTITION BY LIST (id)")
    db.execute("CREATE TABLE users_rest PARTITION OF users DEFAULT")
    db.execute("CREATE TABLE orders (user_id int, amount int)")
    db.execute("INSERT INTO users VALUES (1, NULL), (2, NULL)")
    db.execute("INSERT INTO orders VALUES (1, 5), (1, 6)")
    project.revision(
        "a1",
        """
        total = "(SELECT sum(amount) FROM orders WHERE user_id = users.id)"
        op.backfill("users", {"total": total})
        """,
    )

    project.upgrade()

    assert db.rows("SELECT id, total FROM users ORDER BY id") == [(1, 11), (2, None)]


FAILS = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN IF NEW.email = 'User300@Example.org' THEN
       RAISE 'not this one'; END IF; RETURN NEW; END $$;
CREATE TRIGGER fails BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fail();
"""


def test_column_that_was_dropped_and_added_again_is_filled_anew(db, project):
    """What was done before was done to another column of that name."""
    prepare(db, project, "by-key", ", batch_size=50, verify=False")
    db.execute(FAILS)
    with pytest.raises(RowFailedError):
        project.upgrade()
    assert db.value("SELECT count(*) FROM users WHERE hits = 1") >= 50
    db.execute("DROP TRIGGER fails ON users")
    db.execute("ALTER TABLE users DROP email_lower, ADD email_lower text")

    project.upgrade()

    assert db.value("SELECT count(*) FROM users WHERE email_lower IS NULL") == 0


@pytest.mark.parametrize("table", ["pages", "page", "few", "done"])
def test_a_table_may_have_a_name_of_the_batches(db, project, table):
    db.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, first int, n int)")
    db.execute(f"INSERT INTO {table} SELECT g, g FROM generate_series(1, 50) g")
    project.revision("a1", f'op.backfill("{table}", {{"n": "first + {table}.id"}})')

    project.upgrade()

    assert db.value(f"SELECT count(*) FROM {table} WHERE n = 2 * id") == 50


def test_a_row_type_with_a_null_inside_is_a_value(db, project):
    """It is neither IS NULL nor IS NOT NULL."""
    db.execute("CREATE TYPE pair AS (a int, b int)")
    db.execute("CREATE TABLE users (id int, b int, both_ pair)")
    db.execute("INSERT INTO users VALUES (1, 1), (2, NULL), (NULL, NULL)")
    project.revision("a1", 'op.backfill("users", {"both_": "ROW(id, b)::pair"})')

    project.upgrade()

    assert db.rows("SELECT both_::text FROM users ORDER BY id") == [
        ("(1,1)",),
        ("(2,)",),
        (None,),
    ]


SKIPS_FIRST_TRY = """
CREATE TABLE tried (id text);
CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM tried WHERE id = OLD.id::text) THEN
      RETURN NEW;
    END IF;
    INSERT INTO tried VALUES (OLD.id);
    RETURN NULL;
  END $$;
CREATE TRIGGER skip BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION skip();
"""


@pytest.mark.parametrize("type_", ["int", "int[]", "text[]", "words"])
def test_rows_that_a_proof_finds_may_have_an_array_as_their_key(db, project, type_):
    db.execute("CREATE DOMAIN words AS text[]")
    db.execute(f"CREATE TABLE users (id {type_} PRIMARY KEY, n int)")
    value = "g" if type_ == "int" else "ARRAY[g]"
    db.execute(f"INSERT INTO users SELECT {value} FROM generate_series(1, 20) g")
    db.execute(SKIPS_FIRST_TRY)
    project.revision("a1", 'op.backfill("users", {"n": "1"})')

    project.upgrade()

    assert db.value("SELECT count(n) FROM users") == 20


def test_key_of_a_domain_over_a_domain_is_compared_as_its_type(db, project):
    """The type has operators of its own, in another schema than pg_catalog."""
    db.execute(f"CREATE EXTENSION cube SCHEMA {quote(db.schema)}")
    db.execute("CREATE DOMAIN place AS cube; CREATE DOMAIN home AS place")
    db.execute("CREATE TABLE users (id home PRIMARY KEY, n int)")
    db.execute("INSERT INTO users SELECT cube(g) FROM generate_series(1, 50) g")
    project.revision("a1", 'op.backfill("users", {"n": "1"}, key="id", batch_size=7)')

    project.upgrade()

    assert db.value("SELECT count(n) FROM users") == 50


def test_a_table_that_stays_locked_for_analyze_is_no_failure(db, project, caplog):
    """VACUUM and CREATE INDEX CONCURRENTLY take this lock, maybe for hours."""
    db.execute("CREATE TABLE users (id int, n int); INSERT INTO users VALUES (1)")
    project.revision("a1", 'op.backfill("users", {"n": "id"})')

    with db.holding("LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE"):
        project.upgrade(x=["zdt.lock_deadline=200ms"])

    assert db.value("SELECT status FROM alembic_zdt_backfill") == "finished"
    assert "autovacuum updates the statistics later" in caplog.text
