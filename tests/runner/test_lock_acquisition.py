"""The lock does not come: who is in the way is said, and nothing is left behind."""

from __future__ import annotations

import contextlib
import itertools
import logging
import re
import threading

import psycopg
import pytest

from alembic_zdt.errors import LockNotAvailableError, StatementTimeoutError
from alembic_zdt.runner import partition_cost
from tests.support.messages import error_page, without_revision
from tests.support.roles import role, run_as, session_of
from tests.support.waiting import wait_until

ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL)"
DROP = 'op.drop_not_null("orders", "total")'
HOLD = "SELECT count(*) FROM orders"


@pytest.fixture
def orders(db, project):
    """A table, and a revision that needs ACCESS EXCLUSIVE on it."""
    db.execute(ORDERS)
    project.revision("r1", DROP)
    project.settings(lock_deadline="1s")


def _failure(project, error=LockNotAvailableError):
    with pytest.raises(error) as caught:
        project.upgrade()
    return caught.value


def _steady(text):
    """Without what changes from run to run."""
    text = re.sub(r"\d+ tries", "N tries", text)
    return re.sub(r"\b\d+\.\d s( ago)?", r"N s\1", text)


PRIMARY = (
    'could not drop NOT NULL of "orders.total": no ACCESS EXCLUSIVE on orders'
    " within 1 s\n"
    "detail: That lock blocks reads and writes; N tries of at most N s were made. "
)
HINT = (
    "\nhint: End that session or raise lock_deadline, then run the same command"
    " again; finished steps are skipped.\n"
    f"docs: {error_page('lock-not-available')}"
)


def test_holder_is_named_when_the_deadline_passes(db, project, driver, orders):
    """Its pid, age, state, application and query are in the message."""
    with db.holding(HOLD) as other:
        error = _failure(project)

        assert _steady(without_revision(error.message)) == (
            f"{PRIMARY}Held by pid {other.pid} for N s, state "
            f'"idle in transaction", application "zdt-test", query: {HOLD}.{HINT}'
        )
        assert (error.relation, error.lock) == ("orders", "ACCESS EXCLUSIVE")
        assert error.pids == [other.pid]
    project.upgrade()
    assert db.accepts("INSERT INTO orders VALUES (1, NULL)")


def test_holder_that_a_backfill_waits_for_is_named(db, project):
    """So it is by a step that waits in the lock queue as long as the deadline."""
    db.execute(ORDERS)
    project.revision("r1", 'op.backfill("orders", {"total": "0"}, where="total < 0")')
    project.settings(lock_deadline="1s")

    with db.holding("LOCK TABLE orders") as other:
        error = _failure(project)

        assert f"Held by pid {other.pid} for" in error.detail
        assert error.pids == [other.pid]


def test_query_of_the_holder_is_hidden_when_show_queries_is_false(db, project, orders):
    """Queries may hold personal data."""
    project.settings(lock_deadline="1s", show_queries="false")
    with db.holding(HOLD) as other:
        error = _failure(project)

        assert _steady(without_revision(error.message)) == (
            f"{PRIMARY}Held by pid {other.pid} for N s, state "
            f'"idle in transaction", application "zdt-test".{HINT}'
        )


def test_prepared_transaction_is_named_by_its_gid(db, project, orders):
    """It has no session that could be ended."""
    with db.holding(HOLD) as other:
        other.execute(f"PREPARE TRANSACTION 'gid of {db.schema}'")

    error = _failure(project)

    assert _steady(without_revision(error.message)) == (
        f'{PRIMARY}Held by prepared transaction "gid of {db.schema}", prepared N s ago;'
        " end it with COMMIT PREPARED or ROLLBACK PREPARED."
        + HINT.replace("that session", "that prepared transaction")
    )
    assert error.pids == [None]


def test_the_longest_holders_are_named_first_and_the_rest_counted(db, project, orders):
    """Five of seven."""
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(db.holding(HOLD)) for _ in range(7)]
        error = _failure(project)

        named = re.findall(r"pid (\d+)", error.message)
        assert [int(pid) for pid in named] == [other.pid for other in others[:5]]
        assert "And 2 more." in error.message


def test_bound_shorter_than_a_look_at_the_holders_ends_no_look(
    db, project, orders, monkeypatch
):
    """The bound is for what stalls the application; looking stalls nobody."""
    # Else a change of so many partitions is refused before anybody looks.
    monkeypatch.setattr(partition_cost, "FEW", 1000)
    project.settings(lock_deadline="1s", lock_timeout="1ms")
    db.execute(
        "CREATE TABLE parts (id int, total int NOT NULL) PARTITION BY RANGE (id)"
    )
    for number in range(100):
        db.execute(
            f"CREATE TABLE p{number} PARTITION OF parts"
            f" FOR VALUES FROM ({number}) TO ({number + 1})"
        )
    project.revision("r1", DROP.replace("orders", "parts"))

    with db.holding("SELECT count(*) FROM parts") as other:
        error = _failure(project)

        assert error.pids == [other.pid]


def test_holder_of_another_role_is_named_by_its_role(db, project, orders):
    """Without pg_read_all_stats neither state, age nor query can be seen."""
    with role(db, "app") as app, role(db, "migrator") as migrator:
        db.execute(f"ALTER TABLE orders OWNER TO {migrator}")
        db.execute(f"GRANT SELECT ON orders TO {app}")
        with session_of(db, app) as other:
            other.execute("BEGIN")
            other.execute(HOLD)
            run_as(project, migrator)
            error = _failure(project)
            pid = other.pid

    assert _steady(without_revision(error.message)) == (
        f'{PRIMARY}Held by pid {pid}, application "zdt-test", role "{app}"'
        f" (pg_read_all_stats would show more).{HINT}"
    )


def test_wait_outside_the_queue_is_logged_with_the_holder(db, project, orders, caplog):
    """Every progress_interval."""
    project.settings(lock_deadline="1s", progress_interval="200ms")
    caplog.set_level(logging.INFO, "alembic_zdt")

    with db.holding(HOLD) as other:
        pid = other.pid
        _failure(project)

    lines = [r.getMessage() for r in caplog.records if "outside" in r.getMessage()]
    assert len(lines) >= 2
    assert _steady(lines[-1]) == (
        "waiting outside the queue for ACCESS EXCLUSIVE on orders: Held by pid "
        f'{pid} for N s, state "idle in transaction", application "zdt-test", '
        f"query: {HOLD}."
    )


def test_short_holders_without_a_gap_are_no_slow_statement(db, project, orders):
    """Tries that end in the queue end in LockNotAvailableError, however many."""
    project.settings(lock_deadline="6s", lock_patience="0s", lock_timeout="200ms")
    end = threading.Event()
    relay = threading.Thread(target=_relay, args=(db, end), daemon=True)
    relay.start()
    try:
        wait_until(lambda: _is_held(db), "the relay runs")
        error = _failure(project)
    finally:
        end.set()
        relay.join(30)

    assert error.tries > 3


def _is_held(db):
    return db.is_true(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'orders'::regclass)"
    )


def _relay(db, end):
    """Young transactions, each of which begins before the one before it ends."""
    with db.session() as one, db.session() as other:
        for session in itertools.cycle((one, other)):
            session.execute("BEGIN")
            try:
                session.execute("LOCK TABLE orders IN ACCESS SHARE MODE NOWAIT")
            except psycopg.errors.LockNotAvailable:
                pass  # somebody queues for it; the one before holds it on
            else:
                following = other if session is one else one
                following.execute("ROLLBACK")
            if end.wait(0.25):
                return


def test_statement_slower_than_the_bound_is_ended_and_reported(
    db, project, driver, orders, slow_alter
):
    """Rather than that the application waits for it."""
    project.settings(lock_deadline="60s")

    error = _failure(project, StatementTimeoutError)

    assert without_revision(error.message) == (
        'could not drop NOT NULL of "orders.total": it takes longer than 0.2 s\n'
        "detail: The step needs ACCESS EXCLUSIVE on orders, which blocks reads and "
        "writes. It was ended 3 times, so that no query waits longer.\n"
        'hint: Raise the bound for this run with "-x zdt.lock_timeout=1s" if the '
        "application can wait that long, then run the same command again.\n"
        f"docs: {error_page('statement-timeout')}"
    )
    assert error.bound == 200
    assert db.refuses("INSERT INTO orders VALUES (1, NULL)", "23502")
    project.upgrade(x=["zdt.lock_timeout=20s"])
    assert db.accepts("INSERT INTO orders VALUES (1, NULL)")


def test_hint_for_a_slow_statement_raises_the_bound(db, project, orders, slow_alter):
    """Also where the bound is a second already."""
    db.execute(
        "CREATE OR REPLACE FUNCTION doze() RETURNS event_trigger LANGUAGE plpgsql"
        " AS 'BEGIN PERFORM pg_sleep(3); END'"
    )
    project.settings(lock_deadline="60s", lock_timeout="1s")

    error = _failure(project, StatementTimeoutError)

    assert '"-x zdt.lock_timeout=2s"' in error.hint


@pytest.fixture
def slow_alter(db):
    """Every ALTER TABLE in this database takes half a second longer."""
    db.execute(
        "CREATE FUNCTION doze() RETURNS event_trigger LANGUAGE plpgsql"
        " AS 'BEGIN PERFORM pg_sleep(0.5); END'"
    )
    db.execute(
        "CREATE EVENT TRIGGER zdt_doze ON ddl_command_end"
        " WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION doze()"
    )
    yield
    db.execute("DROP EVENT TRIGGER zdt_doze")
