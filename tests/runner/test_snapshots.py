"""Before a CONCURRENTLY statement: whoever would make it hang is waited for outside."""

from __future__ import annotations

import logging
import re
import threading

import psycopg
import pytest

from alembic_zdt.errors import LockNotAvailableError
from tests.support.background import upgrading
from tests.support.messages import error_page, without_revision
from tests.support.roles import role, run_as, session_of
from tests.support.waiting import wait_until

ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, total int)"
INDEX = 'op.create_index_concurrently("ix", "orders", ["total"])'
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1"
DETAIL = (
    'could not build index "ix" within 1 s\n'
    "detail: A CONCURRENTLY statement waits for every older transaction; nothing was"
    " started, so nothing is left behind. "
)
HINT = (
    "\nhint: End that session or raise snapshot_deadline, then run the same command"
    " again; finished steps are skipped.\n"
    f"docs: {error_page('lock-not-available')}"
)


@pytest.fixture(autouse=True)
def orders(db, project):
    """A table, a revision that builds an index, and little time to wait."""
    db.execute(ORDERS)
    project.revision("r1", INDEX)
    project.settings(snapshot_deadline="1s", progress_interval="200ms")


def _gave_up(db, project):
    with pytest.raises(LockNotAvailableError) as caught:
        project.upgrade()
    assert db.indexes("orders") == ["orders_pkey"]
    message = without_revision(caught.value.message)
    return re.sub(r"\b\d+\.\d s( ago)?", r"N s\1", message)


def test_foreign_idle_snapshot_is_named_at_the_deadline(db, project, driver):
    """And the same command finishes once that session has gone."""
    with db.holding(SNAPSHOT) as other:
        assert _gave_up(db, project) == (
            f"{DETAIL}Held by pid {other.pid} for N s, state "
            '"idle in transaction", application "zdt-test", query: '
            f"{SNAPSHOT}.{HINT}"
        )

    project.upgrade()
    assert db.index("ix").is_valid


def test_wait_for_a_foreign_snapshot_ends_with_it(db, project, caplog):
    """Meanwhile the log says who it is."""
    project.settings(snapshot_deadline="60s", progress_interval="100ms")
    caplog.set_level(logging.INFO, "alembic_zdt")

    def waiting():
        return any("waiting before" in r.getMessage() for r in caplog.records)

    with db.holding(SNAPSHOT) as other:
        pid = other.pid
        migration = threading.Thread(target=project.upgrade, daemon=True)
        migration.start()
        wait_until(waiting, "it says whom it waits for")
        other.execute("ROLLBACK")
        migration.join(30)

    assert db.index("ix").is_valid
    said = next(r.getMessage() for r in caplog.records if "before" in r.getMessage())
    assert said.startswith(f'waiting before build index "ix": Held by pid {pid} for ')


def test_idle_writer_of_the_table_is_waited_for(db, project):
    """It has no snapshot any more, but the build waits for its lock."""
    with db.holding("INSERT INTO orders VALUES (1, 1)") as other:
        assert f"Held by pid {other.pid}" in _gave_up(db, project)


def test_prepared_writer_of_the_table_is_named(db, project):
    """The build would wait for it, and it has no session."""
    with db.holding("INSERT INTO orders VALUES (1, 1)") as other:
        other.execute(f"PREPARE TRANSACTION 'gid of {db.schema}'")

    assert _gave_up(db, project) == (
        f'{DETAIL}Held by prepared transaction "gid of {db.schema}", prepared N s ago;'
        " end it with COMMIT PREPARED or ROLLBACK PREPARED."
        + HINT.replace("that session", "that prepared transaction")
    )


def test_idle_writer_of_another_table_does_not_delay(db, project):
    """A write lock elsewhere is nobody's business."""
    db.execute("CREATE TABLE users (id int)")
    with db.holding("INSERT INTO users VALUES (1)"):
        project.upgrade()

    assert db.index("ix").is_valid


def test_snapshot_in_another_database_does_not_delay(db, project, cluster):
    """The build waits for those of its own database only."""
    with psycopg.connect(cluster.dsn("postgres")) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT 1")
        project.upgrade()

    assert db.index("ix").is_valid


def test_idle_session_of_another_role_is_waited_for_though_hidden(db, project):
    """Without pg_read_all_stats one cannot see that it is idle."""
    with role(db, "app") as app, role(db, "migrator") as migrator:
        db.execute(f"ALTER TABLE orders OWNER TO {migrator}")
        run_as(project, migrator)
        with session_of(db, app) as other:
            other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            other.execute("SELECT 1")
            message = _gave_up(db, project)
            pid = other.pid
        project.upgrade()

    assert message == (
        f'{DETAIL}Held by pid {pid}, application "zdt-test", role "{app}"'
        f" (pg_read_all_stats would show more).{HINT}"
    )
    assert db.index("ix").is_valid


def test_busy_sessions_of_another_role_do_not_delay(db, project):
    """They are never the same transaction for long."""
    with role(db, "app") as app, role(db, "migrator") as migrator:
        db.execute(f"ALTER TABLE orders OWNER TO {migrator}")
        db.execute(f"GRANT INSERT ON orders TO {app}")
        run_as(project, migrator)
        end = threading.Event()
        with session_of(db, app) as other:
            busy = threading.Thread(target=_insert_until, args=(other, end))
            busy.start()
            try:
                project.upgrade()
            finally:
                end.set()
                busy.join(30)

    assert db.index("ix").is_valid


def _insert_until(session, end):
    number = 0
    while not end.is_set():
        number += 1
        session.execute(f"INSERT INTO orders VALUES ({number}, 0)")


def test_who_comes_later_is_not_waited_for_outside(db, project):
    """Else steady traffic of idle transactions would keep the build from beginning."""
    project.settings(snapshot_deadline="20s")
    building = "starts_with(query, 'CREATE INDEX') AND state = 'active'"
    looked = "strpos(query, 'backend_xmin') > 0 AND pid <> pg_backend_pid()"
    there = "EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
    with db.holding(SNAPSHOT) as first, upgrading(project) as upgrade:
        upgrade.begin()
        db.wait_until(f"{there} AND {looked})")
        with db.holding(SNAPSHOT) as second:
            first.execute("ROLLBACK")
            db.wait_until(f"{there} AND {building})", timeout=15)
            second.execute("ROLLBACK")

    assert upgrade.error is None
    assert db.index("ix").is_valid
