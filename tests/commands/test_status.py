"""``alembic-zdt status`` says what is pending, what is half-way, what was edited."""

from __future__ import annotations

import logging

import pytest
from psycopg.errors import UniqueViolation
from sqlalchemy import Engine, event

from alembic_zdt.cli import command_line
from tests.support.output import parsed
from tests.support.workflows import renaming

BEFORE = "next, before the new code is deployed: alembic-zdt upgrade --before-deploy"
AFTER = "next, after every old process is gone: alembic-zdt upgrade --after-deploy"


@pytest.fixture
def revisions(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    for number, call in enumerate(
        renaming("users", "email", "mail").splitlines(), start=1
    ):
        project.revision(f"r{number}", call)
    return project


def status(project, *arguments):
    return project.cli("status", *arguments, module="alembic_zdt")


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("at", "code", "lines"),
    [
        (
            None,
            10,
            [
                "at base",
                "pending: r1 (expand) r1",
                "pending: r2 (migrate) r2",
                "pending: r3 (contract) r3",
                BEFORE,
            ],
        ),
        (
            "r1",
            20,
            [
                "at r1",
                "pending: r2 (migrate) r2",
                "pending: r3 (contract) r3",
                BEFORE,
                (
                    'window: "email" and "mail" of {s}.users, not every row is proven'
                    " to be in sync"
                ),
            ],
        ),
        (
            "r2",
            30,
            [
                "at r2",
                "pending: r3 (contract) r3",
                AFTER,
                'window: "email" and "mail" of {s}.users, every row is in sync',
            ],
        ),
        ("r3", 0, ["at r3", "nothing is pending"]),
    ],
)
def test_it_says_where_the_database_is(db, revisions, driver, at, code, lines):
    """Each parameter meets one driver, and both are run."""
    if at:
        revisions.upgrade(at)

    result = status(revisions)

    assert result.stdout.splitlines() == [line.format(s=db.schema) for line in lines]
    assert result.rc == code


def test_other_programs_read_it_too(db, revisions):
    revisions.upgrade("r2")

    result = status(revisions, "--json")

    (found,) = parsed("status", result.stdout)["databases"]
    assert found == {
        "database": db.database,
        "heads": ["r2"],
        "pending": [
            {"revision": "r3", "phase": "contract", "message": "r3", "behind": None}
        ],
        "windows": [
            {
                "table": f"{db.schema}.users",
                "columns": ["email", "mail"],
                "proven": True,
            }
        ],
        "views": [],
        "backfills": [],
        "queued": [],
        "half_done": [],
        "findings": [],
    }
    assert result.rc == 30


def test_what_stands_behind_a_contract_is_marked(revisions):
    revisions.revision("r4", 'op.add_column("users", sa.Column("age", sa.Integer()))')
    revisions.upgrade("r2")

    assert "pending: r4 (expand) r4, after contract r3" in status(revisions).stdout


def test_a_contract_that_is_not_written_is_named(revisions):
    """With the command that writes it."""
    (revisions.versions / "r3_.py").unlink()
    revisions.upgrade()

    call = """op.contract_rename_column('users', 'email', 'mail')"""
    message = f"no revision has the contract of r1: {call}"
    said = f"contract not written: {message}\n  alembic-zdt contract\n"
    assert said in status(revisions).stdout
    (database,) = parsed("status", status(revisions, "--json").stdout)["databases"]
    (found,) = database["findings"]
    assert (found["check"], found["object"]) == ("unwritten-contract", "r1")
    assert (found["message"], found["severity"]) == (message, "warning")


def test_views_with_another_name_are_shown(db, project):
    db.execute("CREATE TABLE users (id int, email text)")
    db.execute("CREATE TABLE orders (id int)")
    column = 'op.expand_rename_column("users", "email", "mail", strategy="view")'
    project.revision("r1", f'{column}\nop.expand_rename_table("orders", "sales")')
    project.upgrade()

    schema = db.schema
    shown = status(project).stdout.splitlines()
    assert (
        f"view: {schema}.orders shows {schema}.sales, the old name of {schema}.sales"
        in shown
    )
    named = [line for line in shown if line.startswith(f"view: {schema}.users shows")]
    assert len(named) == 1
    assert named[0].endswith(", two names of a column: email, mail")
    (database,) = parsed("status", status(project, "--json").stdout)["databases"]
    found = database["views"]
    assert [view["view"] for view in found] == [f"{schema}.orders", f"{schema}.users"]


def test_backfills_that_are_not_finished_are_shown(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, n int)")
    db.execute("INSERT INTO users VALUES (1)")
    project.revision("r1", 'op.backfill("users", {"n": "id"}, mode="background")')
    project.upgrade()

    result = status(project)

    assert "backfill: users.n: queued, 0 rows" in result.stdout
    assert result.rc == 0


def test_a_revision_that_was_edited_after_it_was_applied_is_named(revisions):
    revisions.upgrade("r2")
    assert "edited" not in status(revisions).stdout
    path = revisions.versions / "r1_.py"
    text = path.read_text()

    path.write_text(text.replace("    op.", "    # a comment\n    op.", 1))
    assert "edited" not in status(revisions).stdout

    path.write_text(text.replace("'mail'", "'address'"))
    assert "edited: r1 was changed after it was applied" in status(revisions).stdout


def test_a_revision_that_was_taken_back_may_be_edited(revisions):
    revisions.revision("r1", renaming("users", "email", "mail").splitlines()[0], "pass")
    revisions.upgrade("r1")
    revisions.downgrade()
    path = revisions.versions / "r1_.py"
    path.write_text(path.read_text().replace("'mail'", "'address'"))

    assert "edited" not in status(revisions).stdout


@pytest.fixture
def said(caplog, monkeypatch):
    """What was logged; an env.py of another test may have switched our logger off."""
    monkeypatch.setattr(logging.getLogger("alembic_zdt"), "disabled", False)
    caplog.set_level(logging.WARNING, "alembic_zdt")
    return lambda: caplog.text


LOG = "SELECT revision, direction, phase FROM alembic_zdt_revision ORDER BY applied_at"


@pytest.mark.parametrize("apart", [False, True])
def test_what_was_applied_is_written_down(db, revisions, driver, apart):
    """Phase and direction; how long it took; how long it waited for locks."""
    revisions.configure(transaction_per_migration=apart)
    revisions.upgrade()
    revisions.downgrade("r2")

    assert db.rows(LOG) == [
        ("r1", "upgrade", "expand"),
        ("r2", "upgrade", "migrate"),
        ("r3", "upgrade", "contract"),
        ("r3", "downgrade", "contract"),
    ]
    times = "0 < seconds AND 0 <= lock_wait_seconds AND lock_wait_seconds < seconds"
    assert db.value(f"SELECT bool_and({times}) FROM alembic_zdt_revision")


def test_waiting_for_a_lock_is_written_down(db, project):
    db.execute("CREATE TABLE users (id int, email text)")
    project.revision("r1", 'op.expand_rename_column("users", "email", "mail")')
    with db.holding("LOCK TABLE users") as holder:
        running = project.start("upgrade", "head")
        # It waits outside of the queue, and looks at who holds the lock.
        db.wait_until(
            "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE %s"
            " AND datname = current_database())",
            "%pg_locks%pg_stat_activity%",
        )
        holder.execute("ROLLBACK")
    running.wait().ok()

    waited = "SELECT lock_wait_seconds FROM alembic_zdt_revision"
    assert db.value(waited) > 0


def test_revisions_of_others_are_not_written_down(db, project):
    """Unless there is a log already."""
    project.revision("r1", 'op.execute("SELECT 1")')
    project.revision("r2", "pass", variables={"zdt_phase": "expand"})
    project.revision("r3", 'op.execute("SELECT 1")')

    project.upgrade("r1")
    assert not db.exists("alembic_zdt_revision")
    project.upgrade()

    assert [row[0] for row in db.rows(LOG)] == ["r2", "r3"]


def test_log_of_an_older_version_gets_what_it_lacks(db, revisions, said):
    revisions.upgrade("r1")
    for column in ("assured", "down_revisions"):
        db.execute(f"ALTER TABLE alembic_zdt_revision DROP COLUMN {column}")

    revisions.upgrade()

    assert [row[0] for row in db.rows(LOG)] == ["r1", "r2", "r3"]
    assert db.column("SELECT assured FROM alembic_zdt_revision") == [[], [], []]
    below = "SELECT down_revisions FROM alembic_zdt_revision ORDER BY revision"
    assert db.column(below) == [None, ["r1"], ["r2"]]
    assert "log of revisions" not in said()


def test_autogenerate_does_not_see_the_log(db, project):
    project.revision("r1", "pass", variables={"zdt_phase": "expand"})
    project.models("metadata = sa.MetaData()")
    project.upgrade()
    assert db.exists("alembic_zdt_revision")

    project.run("check")


def test_a_log_that_cannot_be_written_stops_nothing(db, project, said):
    db.execute("CREATE VIEW alembic_zdt_revision AS SELECT 1 AS a")
    project.revision("r1", "pass", variables={"zdt_phase": "expand"})
    project.revision("r2", 'op.create_table("t", sa.Column("id", sa.Integer()))')

    project.upgrade()

    assert project.current == ["r2"]
    assert db.exists("t")
    assert "could not write the log of revisions" in said()


def test_half_done_revisions_that_cannot_be_read_stop_no_status(project):
    project.revision("r1", "pass", variables={"zdt_phase": "expand"})
    project.upgrade()
    asked = []

    def fail(_connection, _cursor, statement, parameters, *_):
        if "min(applied_at)" in statement:
            asked.append(statement)
            statement = "SELECT 1 / 0"
        return statement, parameters

    event.listen(Engine, "before_cursor_execute", fail, retval=True)
    try:
        with pytest.raises(SystemExit) as ended:
            command_line().main(argv=["-c", str(project.ini), "status"])
    finally:
        event.remove(Engine, "before_cursor_execute", fail)

    assert asked
    assert ended.value.code == 0


@pytest.mark.parametrize("level", ["AUTOCOMMIT", "SERIALIZABLE"])
def test_the_log_is_written_at_any_isolation_level(db, project, driver, level, said):
    engine = "poolclass=pool.NullPool,"
    project.edit_env(engine, f'{engine} isolation_level="{level}",')
    project.revision("r1", "pass", variables={"zdt_phase": "expand"})
    project.revision("r2", 'op.execute("SELECT 1")')

    project.upgrade()

    assert [row[0] for row in db.rows(LOG)] == ["r1", "r2"]
    assert "could not write" not in said()


def test_a_phase_that_is_none_stops_no_downgrade(db, project):
    project.revision("r1", "pass")
    project.upgrade()
    project.revision("r1", "pass", variables={"zdt_phase": "cleanup"})

    project.downgrade()

    assert project.current == []


def test_a_revision_that_is_stamped_away_was_not_edited(db, project):
    project.revision("r0", "pass")
    path = project.revision("r1", "pass", variables={"zdt_phase": "expand"})
    project.upgrade()
    project.run("stamp", "r0")
    path.write_text(
        path.read_text().replace("    pass", "    op.execute('SELECT 1')", 1)
    )

    assert "edited" not in status(project).stdout


def test_backfill_of_an_ended_process_is_shown_as_interrupted(db, project):
    """Since its last batch, and with the name of its worker."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, n int)")
    db.execute("INSERT INTO users SELECT generate_series(1, 1000)")
    call = 'op.backfill("users", {"n": "1"}, batch_size=10, pause="1s", name="fill")'
    project.revision("r1", call)
    running = project.start("upgrade", "head")
    is_done = "EXISTS (SELECT FROM users WHERE n = 1)"
    db.wait_until("to_regclass('alembic_zdt_backfill') IS NOT NULL")
    db.wait_until(is_done)
    text = status(project).output
    running.kill()
    db.wait_until(
        "NOT EXISTS (SELECT FROM pg_stat_activity a"
        " JOIN alembic_zdt_backfill_slice s ON s.worker_pid = a.pid)"
    )
    worker, since = db.row(
        "SELECT worker, date_trunc('second', leased_until - interval '1 minute')::text"
        " FROM alembic_zdt_backfill_slice WHERE NOT is_done"
    )

    found = status(project)
    (database,) = parsed("status", status(project, "--json").stdout)["databases"]
    (as_json,) = database["backfills"]

    assert "backfill: fill: running" in text
    assert f"backfill: fill: interrupted since {since} (worker {worker})" in (
        found.stdout
    )
    assert "  run the interrupted command again: it continues there\n" in found.stdout
    assert as_json["status"] == "interrupted"
    assert as_json["interrupted"] == {"worker": worker, "since": since}


def test_index_of_a_build_that_nobody_goes_on_with_is_shown(db, project):
    """Interrupted or failed: both leave it INVALID."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users VALUES (1, 'a'), (2, 'a')")
    with pytest.raises(UniqueViolation):
        db.execute("CREATE UNIQUE INDEX CONCURRENTLY ix ON users (email)")

    text = status(project).stdout

    assert f'build: index "{db.schema}.ix" is INVALID, interrupted or failed' in text
