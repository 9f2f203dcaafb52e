"""A busy server holds a backfill back, by each of its signs; then it goes on."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, make_url

from alembic_zdt.connection import own_process
from alembic_zdt.connection.database import Database
from alembic_zdt.throttles import working_hours
from alembic_zdt.throttles.session_load import ActiveSessions, LockWaiters
from alembic_zdt.throttles.table_vacuum import TableAutovacuum
from alembic_zdt.throttles.throttle import Moment
from alembic_zdt.throttles.wal_volume import ArchiveBacklog
from tests.support.roles import PASSWORD, role
from tests.support.waiting import wait_until

CALL = 'op.backfill("users", {{"email_lower": "lower(email)"}}, batch_size=200, {})'
SLOWLY = "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1"
SLEEP = "SELECT pg_sleep(60)"
_ARCHIVER = 90  # it looks again after a minute at the latest


@contextmanager
def wal(users):
    """About 20 MB of WAL a second, as long as there is no table of that name."""
    writing = (
        "DO $$ BEGIN WHILE to_regclass('public.enough') IS NULL LOOP"
        " PERFORM pg_logical_emit_message(false, 'zdt', repeat('x', 200000));"
        " PERFORM pg_sleep(0.01); END LOOP; END $$"
    )
    with users.background(writing):
        yield


@contextmanager
def unarchived(users):
    """Two segments that the archiver could not store."""
    users.execute("COPY (SELECT) TO PROGRAM 'cat > full'")
    try:
        write_segments(users, 2)
        failed = "(SELECT last_failed_wal IS NOT NULL FROM pg_stat_archiver)"
        users.wait_until(failed, timeout=_ARCHIVER)
        yield
    finally:
        users.execute("COPY (SELECT) TO PROGRAM 'cat > /dev/null; rm full'")
        # The archiver waits for a minute after a failure, or for the next segment.
        users.execute("SELECT pg_logical_emit_message(false, 'zdt', 'x')")
        users.execute("SELECT pg_switch_wal()")
        works = "(SELECT last_archived_time > last_failed_time FROM pg_stat_archiver)"
        users.wait_until(works, timeout=_ARCHIVER)


@contextmanager
def hanging_archiver(users):
    """An archiver that stores nothing, and whose statistics were reset meanwhile."""
    users.execute("COPY (SELECT) TO PROGRAM 'cat > hang'")
    try:
        write_segments(users, 2)
        is_there = "(SELECT size IS NOT NULL FROM pg_stat_file('hangs', true))"
        users.wait_until(is_there, timeout=_ARCHIVER)
        users.execute("SELECT pg_stat_reset_shared('archiver')")
        yield
    finally:
        users.execute("COPY (SELECT) TO PROGRAM 'cat > /dev/null; rm -f hang hangs'")


def write_segments(users, number):
    for _ in range(number):
        users.execute("SELECT pg_logical_emit_message(false, 'zdt', 'x')")
        users.execute("SELECT pg_switch_wal()")


@contextmanager
def vacuum(users):
    """A slow autovacuum of the table."""
    often = "autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0"
    users.execute(f"ALTER TABLE users SET ({SLOWLY}, {often})")
    users.execute("DELETE FROM users WHERE id % 50 = 0")
    working = "pg_stat_progress_vacuum WHERE relid = 'users'::regclass"
    users.wait_until(f"EXISTS (SELECT FROM {working})", timeout=30)
    yield
    users.execute("ALTER TABLE users SET (autovacuum_enabled = false)")


@contextmanager
def active(users):
    """Two sessions that run a statement."""
    with users.background(SLEEP), users.background(SLEEP):
        users.wait_until(
            "(SELECT count(*) = 2 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event = 'PgSleep')"
        )
        yield


@contextmanager
def waiting(users):
    """Two sessions that wait for a table."""
    users.execute("CREATE TABLE busy ()")
    with ExitStack() as stack:
        stack.enter_context(users.holding("LOCK TABLE busy"))
        for _ in range(2):
            job = stack.enter_context(users.background("TABLE busy"))
            job.wait_until_blocked()
        yield


@dataclass(frozen=True)
class Sign:
    """What makes the server busy, the option that notices it, and its log lines."""

    cause: object
    option: str
    reason: str
    subject: str


SIGNS = {
    "wal": Sign(
        wal,
        'max_wal_rate="4MB"',
        r"the server writes [\d.]+ MB of WAL a second \(at most 4\.0 MB\)",
        "the WAL rate",
    ),
    "archive": Sign(
        unarchived,
        'max_archive_backlog="16MB"',
        r"[\d.]+ MB of WAL are not archived \(at most 16 MB\)",
        "the archive backlog",
    ),
    "autovacuum": Sign(
        vacuum,
        "wait_for_autovacuum=True",
        r"autovacuum \(pid \d+\) works on the table",
        "autovacuum",
    ),
    "active": Sign(
        active,
        "max_active_sessions=1",
        r"2 sessions are active \(at most 1\)",
        "the number of active sessions",
    ),
    "waiting": Sign(
        waiting,
        "max_lock_waiters=1",
        r"2 sessions wait for locks \(at most 1\)",
        "the number of sessions that wait for locks",
    ),
}


@pytest.mark.parametrize(
    ("sign", "held"),
    [(sign, "asyncpg" if sign == "waiting" else "psycopg") for sign in SIGNS],
    indirect=["held"],
)
def test_a_busy_server_holds_the_backfill(users, held, sign):
    """It is named when it begins to hold and when it ends, once."""
    chosen = SIGNS[sign]
    pause = ', pause="50ms"' if sign == "wal" else ""  # the rate needs two looks
    with chosen.cause(users):
        held.start(CALL.format(chosen.option + pause))

        assert re.fullmatch(chosen.reason, held.waits[0])
        held.assert_it_holds()
        users.execute("CREATE TABLE enough ()")
    held.assert_it_ends()

    subject = re.escape(chosen.subject)
    assert re.fullmatch(rf"{subject} held it for \d+\.\d s", held.ends[0])
    assert len(held.waits) == len(held.ends) == 1


def test_a_calm_server_does_not_hold_the_backfill(users, held):
    """Its own session, its workers and its WAL are within the limits."""
    options = {sign.option for sign in SIGNS.values()} - {"max_wal_rate", ""}
    strict = [re.sub("=1$", "=0", option) for option in sorted(options)]

    held.start(CALL.format(", ".join(strict)))

    held.assert_it_ends()
    assert held.waits == []


def test_the_window_holds_until_it_opens(users, held, monkeypatch):
    """By the clock of the time zone; ``backfill status`` shows it."""
    now = [datetime(2026, 3, 29, 0, 59, tzinfo=UTC)]
    monkeypatch.setattr(working_hours, "_now", lambda: now[0])

    held.start(CALL.format('window="03:00-05:00 Europe/Berlin"'))

    said = "the window 03:00-05:00 Europe/Berlin opens at 2026-03-29 03:00 CEST"
    assert held.waits == [said]
    held.assert_it_holds()
    shown = lambda: backfill_status(held).stdout  # noqa: E731
    wait_until(lambda: f"  waiting: {said}\n" in shown(), "it is shown", timeout=20)
    now[0] += timedelta(minutes=1)
    held.assert_it_ends()
    assert re.fullmatch(r"the time window held it for \d+\.\d s", held.ends[0])
    status = json.loads(backfill_status(held, "--json").stdout)
    (found,) = status["backfills"]
    assert (found["status"], found["waiting"], found["error"]) == (
        *("finished", None, None),
    )


def backfill_status(held, *options):
    command = ("backfill", "status", *options)
    return held.project.cli(*command, module="alembic_zdt").ok()


def test_a_setting_limits_each_backfill(users, held):
    """The call may lift it."""
    held.project.settings(backfill_max_active_sessions="1")
    with active(users):
        held.start(CALL.format("max_active_sessions=-1"))
        held.assert_it_ends()
        assert held.waits == []

        users.execute("UPDATE users SET email_lower = NULL")
        held.project.revision("a2", CALL.format("verify=True"))
        held.go_on()
    held.assert_it_ends()


@pytest.fixture
def session(users):
    """A connection as a backfill has one."""
    with connected(users.url()) as found:
        yield found


@contextmanager
def connected(url):
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield Database(connection)
    engine.dispose()


def test_own_sessions_are_not_counted(users, session):
    """Neither as active nor as waiting; others are."""
    users.execute("CREATE TABLE busy ()")
    own = lambda: own_process.backend_pids(session.connection) | {job.pid}  # noqa: E731
    with users.holding("LOCK TABLE busy"), users.background("TABLE busy") as job:
        job.wait_until_blocked()
        for kind in (ActiveSessions, LockWaiters):
            assert kind(session, 0, own).reason(Moment()) == ""
            assert kind(session, 0, set).reason(Moment()).startswith("1 sessions ")


def test_backlog_is_seen_without_statistics(users, session):
    """A reset empties them; a role without rights counts from its first look."""
    size = users.value("SELECT pg_size_bytes(current_setting('wal_segment_size'))")
    with hanging_archiver(users), role(users, "reader") as reader:
        url = make_url(users.url()).set(username=reader, password=PASSWORD)
        found = ArchiveBacklog(session, size).look(Moment())
        assert re.fullmatch(
            r"[\d.]+ MB of WAL are not archived \(at most 16 MB\)", found
        )
        with connected(url) as seen:
            backlog = ArchiveBacklog(seen, size)
            assert backlog.look(Moment()) == ""
            write_segments(users, 2)
            said = "32 MB of WAL are not archived (at most 16 MB)"
            assert backlog.look(Moment()) == said


def test_a_role_without_rights_is_told_what_it_cannot_see(users, caplog):
    """It sees locks, so it still finds waiting sessions and autovacuum."""
    oid = users.value("SELECT 'users'::regclass::oid::int8")
    with role(users, "reader") as reader, active(users):
        url = make_url(users.url()).set(username=reader, password=PASSWORD)
        with connected(url) as seen, waiting(users), vacuum(users):
            assert ActiveSessions(seen, 1, set).reason(Moment()) == ""
            assert LockWaiters(seen, 1, set).reason(Moment()) != ""
            assert "works on the table" in TableAutovacuum(seen).reason(Moment(oid))
    blind = "cannot see whether sessions of other roles are active: the role needs"
    assert caplog.text.count(blind) == 1
