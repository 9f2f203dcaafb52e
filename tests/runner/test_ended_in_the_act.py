"""Ended while the long statement runs: what is said, and what the next run does."""

from __future__ import annotations

import signal
from dataclasses import dataclass

import pytest

from alembic_zdt.errors import ConnectionLostError, StatementTimeoutError
from tests.support.background import upgrading
from tests.support.door import backend_in_the_door, door_held, wait_for_query
from tests.support.interruption import end_backend
from tests.support.messages import error_page, without_revision

TABLES = (
    "CREATE TABLE users (id int PRIMARY KEY, email text, name text)",
    "INSERT INTO users SELECT n, 'u' || n, 'n' FROM generate_series(1, 100) n",
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int)",
    "INSERT INTO orders SELECT n, n FROM generate_series(1, 100) n",
    "CREATE INDEX ix_old ON users (name)",
)


@dataclass(frozen=True)
class Long:
    """A directive with a statement that lasts.

    Attributes:
        call: the directive.
        statement: how the long statement begins.
        what: what could not be done, in the runner's words.
        table: where the door is held.
        mode: the lock that keeps the statement waiting.
        before: what is there already, so that the long statement comes at once.
        cleans_up: it removes what is half-done when it is cancelled.
    """

    call: str
    statement: str
    what: str
    table: str = "users"
    mode: str = "ROW EXCLUSIVE"
    before: str = "SELECT"
    cleans_up: bool = True


INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
SAID = {
    "psycopg": "terminating connection due to administrator command",
    "asyncpg": "connection was closed in the middle of operation: terminating "
    "connection due to administrator command",
}
LONG = {
    "index": Long(
        'op.create_index_concurrently("ix", "users", ["email"])',
        "CREATE INDEX CONCURRENTLY",
        'build index "ix"',
    ),
    "unique-constraint": Long(
        'op.create_unique_constraint_concurrently("uq", "users", ["email"])',
        "CREATE UNIQUE INDEX CONCURRENTLY",
        'build index "uq"',
    ),
    "replace-index": Long(
        'op.replace_index_concurrently("ix_old", "users", ["name", "id"])',
        "CREATE INDEX CONCURRENTLY",
        'build index "zdt_new_ix_old"',
    ),
    "drop-index": Long(
        'op.drop_index_concurrently("ix_old", "users")',
        "DROP INDEX CONCURRENTLY",
        'drop index "ix_old"',
        cleans_up=False,
    ),
    "reindex-index": Long(
        'op.reindex_concurrently("ix_old")',
        "REINDEX INDEX CONCURRENTLY",
        'reindex index "ix_old"',
    ),
    "reindex-table": Long(
        'op.reindex_concurrently(table_name="users")',
        "REINDEX TABLE CONCURRENTLY",
        'reindex table "users"',
    ),
    "validate": Long(
        'op.create_check_constraint_two_phase("ck", "users", "id > 0")',
        "ALTER TABLE users VALIDATE",
        'validate constraint "ck" on "users"',
        mode="SHARE UPDATE EXCLUSIVE",
        before="ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 0) NOT VALID",
        cleans_up=False,
    ),
    "validate-foreign-key": Long(
        'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], ["id"])',
        "ALTER TABLE orders VALIDATE",
        'validate constraint "fk" on "orders"',
        table="orders",
        mode="SHARE UPDATE EXCLUSIVE",
        before="ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id)"
        " REFERENCES users (id) NOT VALID",
        cleans_up=False,
    ),
}

every_long = pytest.mark.parametrize(
    "long", [pytest.param(long, id=name) for name, long in LONG.items()]
)


@pytest.fixture
def wanted(db, project, long):
    """What an undisturbed run makes of the tables; they are as before again."""
    project.revision("r1", long.call)
    _begin_anew(db, long)
    project.upgrade()
    found = db.catalog(), db.checksums()
    _begin_anew(db, long)
    return found


def _begin_anew(db, long):
    db.execute(f"DROP SCHEMA {db.schema} CASCADE")
    db.execute(f"CREATE SCHEMA {db.schema}")
    for statement in (*TABLES, long.before):
        db.execute(statement)


def _run_until_in_the_door(db, project, long, then):
    """Run in a thread; do *then* to the backend in the door; return the error."""
    with upgrading(project) as upgrade, door_held(db, long.table, long.mode):
        upgrade.begin()
        pid = backend_in_the_door(db, long.statement, upgrade)
        then(pid)
        gone = (
            "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s"
            " AND starts_with(query, %s) AND state = 'active')"
        )
        db.wait_until(gone, pid, long.statement)
    return upgrade.error


@every_long
def test_backend_terminated_while_the_statement_runs(db, project, driver, long, wanted):
    """The error says that the connection is gone; the next run finishes."""
    error = _run_until_in_the_door(db, project, long, lambda pid: end_backend(db, pid))

    assert isinstance(error, ConnectionLostError)
    assert without_revision(str(error)) == (
        f"lost the connection to the server: could not {long.what}\n"
        f"detail: The driver reported: {SAID[driver]}. The server may still be "
        "running the step. The next run repairs what the step left unfinished.\n"
        "hint: When the server is reachable, run the same command again; finished "
        "steps are skipped.\n"
        f"docs: {error_page('connection-lost')}"
    )
    project.upgrade()
    assert (db.catalog(), db.checksums()) == wanted


@every_long
def test_statement_cancelled_by_hand(db, project, driver, long, wanted):
    """A cancelled statement is not tried again; nothing INVALID stays behind."""
    error = _run_until_in_the_door(
        db,
        project,
        long,
        lambda pid: db.execute("SELECT pg_cancel_backend(%s)", pid),
    )

    assert isinstance(error, StatementTimeoutError)
    assert without_revision(str(error)) == (
        f"could not {long.what}: it was cancelled by another session\n"
        "detail: The server reported: canceling statement due to user request."
        f"{' Nothing half-done is left behind.' if long.cleans_up else ''}\n"
        "hint: Run the same command again; finished steps are skipped.\n"
        f"docs: {error_page('statement-timeout')}"
    )
    if long.cleans_up:
        assert db.column(INVALID) == []
    project.upgrade()
    assert (db.catalog(), db.checksums()) == wanted


@every_long
def test_client_killed_while_the_statement_runs(db, project, long, wanted):
    """The next run waits for the statement that goes on in its backend, and uses it."""
    with door_held(db, long.table, long.mode):
        running = project.start("upgrade", "head")
        orphan = backend_in_the_door(db, long.statement, running)
        running.kill()
        again = project.start("upgrade", "head")
        wait_for_query(db, "pg_try_advisory_lock", again)
        assert backend_in_the_door(db, long.statement) == orphan

    again.wait(timeout=120).ok()
    assert (db.catalog(), db.checksums()) == wanted


some_long = pytest.mark.parametrize(
    "long", [pytest.param(LONG[name], id=name) for name in ("index", "validate")]
)


@some_long
@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("how", "module"),
    [("interrupt", "alembic"), ("terminate", "alembic"), ("terminate", "alembic_zdt")],
)
def test_interrupted_by_a_signal(db, project, driver, long, wanted, how, module):
    """Its statement ends in the server, too; the next run finishes."""
    with door_held(db, long.table, long.mode):
        running = project.start("upgrade", "head", module=module)
        backend_in_the_door(db, long.statement, running)
        getattr(running, how)()
        result = running.wait()
        db.wait_until(
            "NOT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND starts_with(query, %s))",
            long.statement,
        )

    name = "SIGTERM" if how == "terminate" else "SIGINT"
    assert result.rc == 128 + signal.Signals[name]
    assert result.stdout.startswith(
        f'FAILED: interrupted by {name} in revision "r1": could not {long.what}\n'
        "detail: "
    )
    assert (
        "hint: Run the same command again; finished steps are skipped.\n"
        in result.stdout
    )
    assert "Traceback" not in result.output
    assert "PendingRollbackError" not in result.stderr
    project.upgrade()
    assert (db.catalog(), db.checksums()) == wanted
