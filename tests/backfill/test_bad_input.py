"""What cannot be backfilled is refused in plain words, and the rest stays resumable."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from alembic_zdt.errors import (
    BackfillUnfinishedError,
    EndlessBackfillError,
    RowFailedError,
    RowsRemainError,
    UndefinedObjectError,
    UsageError,
    WrongObjectTypeError,
    ZdtError,
)
from tests.support.messages import error_page, without_revision

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, n int)"
FILLED = "INSERT INTO users SELECT g, 'U' || g FROM generate_series(1, 100) g"


@dataclass(frozen=True)
class Bad:
    """A call that is refused before anything is changed.

    Attributes:
        call: the directive.
        error: its class.
        message: all of its text but the last line.
        setup: the tables.
    """

    call: str
    error: type[ZdtError]
    message: str
    setup: tuple[str, ...] = (USERS, FILLED)


BAD = {
    "no-table": Bad(
        'op.backfill("nobody", {"n": "1"})',
        UndefinedObjectError,
        """\
table "nobody" does not exist
detail: No relation of that name is visible in the search_path.
hint: Correct the name, or pass schema=.""",
    ),
    "no-column": Bad(
        'op.backfill("users", {"m": "1"})',
        UndefinedObjectError,
        """\
column "m" of table "users" does not exist
detail: The table has id, email, n.
hint: Correct the column name.""",
    ),
    "wrong-expression": Bad(
        'op.backfill("users", {"n": "no_such(email)"})',
        UsageError,
        """\
cannot backfill "users": function no_such(text) does not exist
detail: The server reported this error before anything was changed (SQLSTATE 42883).
hint: Correct values= or where=; they are SQL over the columns of the table.""",
    ),
    "wrong-where": Bad(
        'op.backfill("users", {"n": "1"}, where="m IS NULL")',
        UsageError,
        """\
cannot backfill "users": column "m" does not exist
detail: The server reported this error before anything was changed (SQLSTATE 42703).
hint: Correct values= or where=; they are SQL over the columns of the table.""",
    ),
    "generated": Bad(
        'op.backfill("t", {"b": "1"})',
        UsageError,
        """\
cannot backfill column "b" of "t"
detail: PostgreSQL computes this column from other columns.
hint: Leave this column out of the values.""",
        ("CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED)",),
    ),
    "identity": Bad(
        'op.backfill("t", {"b": "1"})',
        UsageError,
        """\
cannot backfill column "b" of "t"
detail: An UPDATE can only set a column GENERATED ALWAYS AS IDENTITY to DEFAULT.
hint: Leave this column out of the values.""",
        ("CREATE TABLE t (a int, b int GENERATED ALWAYS AS IDENTITY)",),
    ),
    "partition-key": Bad(
        'op.backfill("t", {"a": "1"})',
        UsageError,
        """\
cannot backfill column "a" of "t"
detail: This column decides in which partition a row is stored; moving rows needs \
more than a backfill.
hint: Leave this column out of the values.""",
        ("CREATE TABLE t (a int, b int) PARTITION BY LIST (a)",),
    ),
    "view": Bad(
        'op.backfill("v", {"n": "1"})',
        WrongObjectTypeError,
        """\
"v" is a view, not a table
detail: Only a table can be changed in this way.
hint: Name the table that stores the rows.""",
        (USERS, "CREATE VIEW v AS SELECT * FROM users"),
    ),
    "no-key": Bad(
        'op.backfill("users", {"n": "1"}, key="email")',
        UsageError,
        """\
(email) is not a key of "<schema>.users"
detail: A key needs a unique index on just these columns, in this order, without a \
condition. Each of the columns must be NOT NULL, because the backfill would miss a \
row without a key.
hint: Name the columns of the primary key, or leave key= out.""",
    ),
    "no-values": Bad(
        'op.backfill("users", {})',
        UsageError,
        """\
the backfill of "users" has no column in values=
detail: values= is a dict of columns and their SQL expressions.
hint: Write op.backfill('users', {'column': 'expression'}).""",
    ),
    "plain-value": Bad(
        'op.backfill("users", {"n": 1})',
        UsageError,
        """\
the value for column "n" is 1, not an expression
detail: A value is SQL text or a SQLAlchemy construct.
hint: Write "n": sa.literal(1).""",
    ),
    "batch-size": Bad(
        'op.backfill("users", {"n": "1"}, batch_size=0)',
        UsageError,
        """\
batch_size=0 is not a number of rows
detail: batch_size= takes a whole number above zero, or "auto".
hint: Write batch_size=1000, or leave it out.""",
    ),
    "duration": Bad(
        'op.backfill("users", {"n": "1"}, target_batch_time="fast")',
        UsageError,
        """\
target_batch_time='fast' of a backfill is not a duration
detail: target_batch_time= takes a text with a unit, such as "200ms", "2s" or "5min", \
or a timedelta.
hint: Write target_batch_time="100ms".""",
    ),
    "mode": Bad(
        'op.backfill("users", {"n": "1"}, mode="later")',
        UsageError,
        """\
mode="later" of a backfill is neither "inline" nor "background"
detail: "inline" runs the backfill in the revision. "background" queues it for the \
command "alembic-zdt backfill run".
hint: Write mode="background", or leave it out.""",
    ),
    "window": Bad(
        'op.backfill("users", {"n": "1"}, window="22:00-05:00")',
        UsageError,
        """\
window='22:00-05:00' of a backfill cannot be read
detail: window= takes two times and a time zone that Python knows, such as \
"22:00-05:00 Europe/Berlin" (without a system database of time zones, install tzdata).
hint: Write window="22:00-05:00 Europe/Berlin", or leave it out.""",
    ),
    "wal-rate": Bad(
        'op.backfill("users", {"n": "1"}, max_wal_rate=50)',
        UsageError,
        """\
max_wal_rate=50 of a backfill cannot be read
detail: max_wal_rate= takes a size with its unit, such as "50MB" or "2GB".
hint: Write max_wal_rate="50MB", or leave it out.""",
    ),
    "lock-waiters": Bad(
        'op.backfill("users", {"n": "1"}, max_lock_waiters=-2)',
        UsageError,
        """\
max_lock_waiters=-2 of a backfill cannot be read
detail: max_lock_waiters= takes a whole number of sessions, or -1 for no limit.
hint: Write max_lock_waiters=20, or leave it out.""",
    ),
    "throttle": Bad(
        'op.backfill("users", {"n": "1"}, throttle="json:nothing")',
        UsageError,
        """\
cannot load the throttle "json:nothing"
detail: Python reported: module 'json' has no attribute 'nothing'.
hint: Name a function that can be imported, as in throttle="app.load:rest".""",
    ),
}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("bad", list(BAD))
def test_refused_before_anything_is_changed(db, project, driver, bad):
    """Each driver runs half of them."""

    case = BAD[bad]
    for statement in case.setup:
        db.execute(statement)
    project.revision("a1", case.call)
    before = db.catalog()

    with pytest.raises(case.error) as caught:
        project.upgrade()

    text, _, docs = without_revision(str(caught.value)).rpartition("\n")
    assert text == case.message.replace("<schema>", db.schema)
    assert docs == f"docs: {error_page(case.error.anchor)}"
    assert type(caught.value) is case.error
    assert db.catalog() == before
    assert project.current == []


def test_foreign_table_is_refused(db, project):
    db.execute("CREATE TABLE t (a int, b int) PARTITION BY LIST (a)")
    if not db.rows("SELECT FROM pg_available_extensions WHERE name = 'file_fdw'"):
        pytest.skip("this PostgreSQL comes without file_fdw")
    db.execute("CREATE EXTENSION IF NOT EXISTS file_fdw")
    db.execute("CREATE SERVER files FOREIGN DATA WRAPPER file_fdw")
    db.execute(
        "CREATE FOREIGN TABLE t_1 PARTITION OF t DEFAULT SERVER files"
        " OPTIONS (filename '/dev/null')"
    )
    project.revision("a1", 'op.backfill("t", {"b": "1"})')
    try:
        with pytest.raises(WrongObjectTypeError, match="it is a foreign table"):
            project.upgrade()
    finally:
        db.execute("DROP EXTENSION file_fdw CASCADE")


@pytest.mark.parametrize("key", ["", ', key="id"'])
def test_where_that_stays_true_is_found_out_at_once(db, project, driver, key):
    db.execute(USERS)
    db.execute(FILLED)
    project.revision("a1", f'op.backfill("users", {{"n": "1"}}, where="id < 9"{key})')

    with pytest.raises(EndlessBackfillError) as caught:
        project.upgrade()

    assert caught.value.primary == (
        'backfill "users.n" would never end: rows that it has changed still fulfil its '
        "condition"
    )
    assert caught.value.detail.startswith(
        "The condition is (id < 9); after the update it is still true for "
    )
    assert caught.value.row == "(id)=(1)"
    assert 'where="n IS NULL"' in caught.value.hint
    assert db.value("SELECT count(n) FROM users") == 0
    status, error = db.row("SELECT status, error FROM alembic_zdt_backfill")
    assert (status, error) == ("failed", without_revision(str(caught.value)))


@pytest.mark.parametrize("key", ["", ', key="id"'])
@pytest.mark.parametrize("setup", ["heap", "partitioned"])
def test_error_names_the_row_and_the_rest_is_resumable(db, project, driver, key, setup):
    part = " PARTITION BY RANGE (id)" if setup == "partitioned" else ""
    db.execute(f"CREATE TABLE users (id int PRIMARY KEY, d int, n int){part}")
    if part:
        db.execute("CREATE TABLE users_1 PARTITION OF users DEFAULT")
    db.execute("INSERT INTO users SELECT g, 1 FROM generate_series(1, 2000) g")
    db.execute("UPDATE users SET d = 0 WHERE id = 1700")
    db.execute("VACUUM FULL users")
    project.revision("a1", f'op.backfill("users", {{"n": "10 / d"}}{key})')

    with pytest.raises(RowFailedError) as caught:
        project.upgrade()

    assert caught.value.primary == (
        'cannot go on with backfill "users.n": division by zero'
    )
    assert "(id)=(1700)" in caught.value.row
    table = "users_1" if part else "users"
    assert caught.value.row.endswith(f'"{db.schema}.{table}"')
    done = db.value("SELECT count(n) FROM users")
    assert 0 < done < 2000
    assert db.value("SELECT status FROM alembic_zdt_backfill") == "failed"
    db.execute("UPDATE users SET d = 2 WHERE id = 1700")
    assert db.value("SELECT count(*) FROM users WHERE n IS NULL") >= 1

    project.upgrade()

    assert db.value("SELECT count(*) FROM users WHERE n = 10 / d") == 2000


def test_rows_written_all_the_time_end_it(db, project):
    db.execute(USERS)
    db.execute(FILLED)
    # After each batch somebody writes one more row without the value.
    db.execute(
        "CREATE FUNCTION one_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO users SELECT max(id) + 1, 'x' FROM users; RETURN NULL; END $$"
    )
    db.execute(
        "CREATE TRIGGER one_more AFTER UPDATE ON users"
        " FOR EACH STATEMENT EXECUTE FUNCTION one_more()"
    )
    project.revision("a1", 'op.backfill("users", {"n": "id"})')

    with pytest.raises(RowsRemainError) as caught:
        project.upgrade()

    assert 'backfill "users.n" makes no progress' in caught.value.primary
    assert caught.value.rows > 0
    assert db.value("SELECT count(*) FROM users WHERE n = id") >= 100
    db.execute("DROP TRIGGER one_more ON users")
    project.upgrade()
    assert db.value("SELECT count(*) FROM users WHERE n IS NULL") == 0


def test_row_level_security_is_no_way_to_lose_rows(db, project, cluster):
    db.execute(USERS)
    db.execute(FILLED)
    db.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    db.execute("CREATE POLICY p ON users USING (id < 50)")
    role = f"{db.schema}_owner"
    db.execute(f"CREATE ROLE {role}")
    db.execute(f"GRANT ALL ON SCHEMA {db.schema} TO {role}")
    db.execute(f"ALTER TABLE users OWNER TO {role}")
    project.revision(
        "a1",
        f"""
        op.execute("GRANT ALL ON alembic_version TO {role}")
        op.execute("SET ROLE {role}")
        op.backfill("users", {{"n": "id"}})
        """,
    )
    try:
        with pytest.raises(UsageError, match="row-level security") as caught:
            project.upgrade()
        assert "BYPASSRLS" in caught.value.hint
        assert db.value("SELECT count(n) FROM users") == 0
    finally:
        db.execute("DROP TABLE users")
        db.execute(f"DROP OWNED BY {role}")
        db.execute(f"DROP ROLE {role}")


def test_cancelled_while_it_runs(db, project):
    db.execute(USERS)
    db.execute(FILLED)
    cancel = "UPDATE alembic_zdt_backfill SET status = 'cancelled'"
    db.execute(
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {cancel}; RETURN NULL; END $$"
    )
    db.execute(
        "CREATE TRIGGER stop AFTER UPDATE ON users"
        " FOR EACH STATEMENT EXECUTE FUNCTION stop()"
    )
    call = 'op.backfill("users", {"n": "id"}, batch_size=1, pause="300ms", key="id")'
    project.revision("a1", call)

    with pytest.raises(BackfillUnfinishedError, match="was cancelled"):
        project.upgrade()

    assert 0 < db.value("SELECT count(n) FROM users") < 100


TRIGGER = (
    "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE n bigint;"
    " BEGIN SELECT count(*) INTO n FROM changed; {} RETURN NULL; END $$;"
    "CREATE TRIGGER fail AFTER UPDATE ON users REFERENCING NEW TABLE AS changed"
    " FOR EACH STATEMENT EXECUTE FUNCTION fail()"
)
NO_FAULT_OF_A_ROW = {
    "cancelled": "PERFORM pg_cancel_backend(pg_backend_pid()), pg_sleep(10);",
    "disk full": "RAISE 'No space left on device' USING ERRCODE = '53100';",
    "bug": "RAISE 'corrupted page' USING ERRCODE = 'XX001';",
}


@pytest.mark.parametrize("fault", list(NO_FAULT_OF_A_ROW))
def test_what_is_no_fault_of_a_row_ends_it_at_once(db, project, driver, fault):
    db.execute(USERS)
    db.execute(FILLED)
    db.execute(TRIGGER.format(NO_FAULT_OF_A_ROW[fault]))
    project.revision("a1", 'op.backfill("users", {"n": "id"})')

    with pytest.raises(ZdtError) as caught:
        project.upgrade()

    assert type(caught.value) is not RowFailedError
    assert 'backfill "users.n"' in caught.value.primary
    status, error = db.row("SELECT status, error FROM alembic_zdt_backfill")
    assert (status, error) == ("failed", without_revision(str(caught.value)))
    leased = "SELECT count(*) FROM alembic_zdt_backfill_slice WHERE worker IS NOT NULL"
    assert db.value(leased) == 0
    db.execute("DROP TRIGGER fail ON users")
    project.upgrade()
    assert db.value("SELECT count(*) FROM users WHERE n IS NULL") == 0


def test_a_fault_of_no_row_of_the_page_ends_it(db, project):
    """A statement trigger that dislikes an update of nothing, on pages of nothing."""
    db.execute(USERS)
    db.execute(FILLED)
    db.execute(
        "INSERT INTO users SELECT g, repeat('x', 500) FROM generate_series(500, 900) g"
    )
    db.execute("DELETE FROM users WHERE ctid < '(20,0)'")
    db.execute(TRIGGER.format("IF n = 0 THEN RAISE 'no rows'; END IF;"))
    project.revision("a1", 'op.backfill("users", {"n": "id"})')

    with pytest.raises(RowFailedError) as caught:
        project.upgrade()

    assert caught.value.primary == 'cannot go on with backfill "users.n": no rows'
    assert caught.value.row == f'no single row on page 0 of "{db.schema}.users"'


@pytest.mark.pg(">=18")
def test_key_whose_old_rows_may_be_null(db, project):
    """The server marks the column as NOT NULL before it has looked at the rows."""
    db.execute("CREATE TABLE t (id int UNIQUE, n int); INSERT INTO t VALUES (NULL)")
    db.execute("ALTER TABLE t ADD NOT NULL id NOT VALID")
    project.revision("a1", 'op.backfill("t", {"n": "1"}, key="id")')

    with pytest.raises(UsageError, match=r"\(id\) is not a key of"):
        project.upgrade()
