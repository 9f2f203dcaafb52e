"""An application with little patience keeps going while each directive runs."""

from __future__ import annotations

import threading
import time

import pytest

from tests.operations.cases import CASES
from tests.support.traffic import traffic
from tests.support.waiting import wait_until

# What the application allows itself, well above the bound of 200 ms.
ITS_LOCK_TIMEOUT = "500ms"
# The bound, and what two busy cores may add to it before a thread gets its turn.
LONGEST_WAIT = 0.2 + 1.5
TABLES = {
    "users": (
        "SELECT count(*) FROM users WHERE id = {n}",
        "INSERT INTO users VALUES (100000 + {n}, 'm{n}@example.com', 'name')",
    ),
    "orders": (
        "SELECT count(*) FROM orders WHERE id = {n}",
        "INSERT INTO orders VALUES (100000 + {n}, 1, 1)",
    ),
    "events": (
        "SELECT count(*) FROM events WHERE id = {n} % 100",
        "UPDATE events SET user_id = user_id WHERE id = {n} % 100 + 1",
    ),
    "people": (
        "SELECT count(*) FROM people WHERE id = {n}",
        "INSERT INTO people (id) VALUES (100000 + {n})",
    ),
    "tags": (
        "SELECT count(*) FROM tags WHERE tag = '{n}'",
        "INSERT INTO tags VALUES ('{n}', 0)",
    ),
}
# The application has nothing to do with it, or has stopped to.
NO_TRAFFIC = ("enum-value", "drop-column", "drop-table", "rename-table")
every_case = pytest.mark.parametrize(
    "case", [pytest.param(c, id=c.id) for c in CASES if c.id not in NO_TRAFFIC]
)


def _set_up(db, case):
    for statement in case.setup:
        db.execute(statement)
    return [name for name in TABLES if db.exists(name)]


@every_case
def test_readers_and_writers_keep_going(db, project, case):
    """Up and down, no statement fails, and none waits longer than the bound."""
    tables = _set_up(db, case)
    project.revision("r1", case.upgrade, case.downgrade)
    reads, writes = zip(*(TABLES[name] for name in tables), strict=True)

    with traffic(
        db, reads=reads, writes=writes, rate=50, lock_timeout=ITS_LOCK_TIMEOUT
    ) as seen:
        project.upgrade()
        project.downgrade()
        seen.wait_for_more(len(tables) * 2)

    assert seen.errors == []
    assert seen.longest_wait < LONGEST_WAIT, seen.slowest


@pytest.mark.drivers_by_turns
@pytest.mark.slow
@pytest.mark.parametrize(
    "call",
    [
        pytest.param('op.drop_not_null("orders", "total")', id="access-exclusive"),
        pytest.param(
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"],'
            ' ["id"])',
            id="two-tables",
        ),
        pytest.param(
            'op.create_index_concurrently("ix", "orders", ["total"])', id="index"
        ),
    ],
)
def test_three_seconds_of_a_reader_stall_nobody(db, project, driver, call):
    """The step waits outside the queue, and ends soon after the reader has.

    Each call is run by one driver.
    """
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    db.execute("CREATE TABLE orders (id int, user_id int, total int NOT NULL)")
    project.revision("r1", call)
    project.settings(lock_deadline="60s")
    watch = _Queue(db)

    with db.holding("SELECT count(*) FROM orders") as reader:
        reader.execute("LOCK TABLE users, orders IN ROW EXCLUSIVE MODE")
        with traffic(
            db,
            reads=["SELECT count(*) FROM orders", "SELECT count(*) FROM users"],
            writes=["INSERT INTO orders VALUES ({n}, NULL, 0)"],
            rate=50,
            lock_timeout=ITS_LOCK_TIMEOUT,
        ) as seen:
            migration = threading.Thread(target=project.upgrade, daemon=True)
            migration.start()
            began = time.monotonic()
            wait_until(
                lambda: watch.look() or time.monotonic() > began + 3, "3 s", timeout=20
            )
            assert migration.is_alive(), "it did not wait for the reader"
            reader.execute("ROLLBACK")
            migration.join(30)
            assert not migration.is_alive()

    assert project.current == ["r1"]
    assert seen.errors == []
    assert seen.longest_wait < LONGEST_WAIT, seen.slowest
    assert watch.longest < LONGEST_WAIT
    assert watch.looks > 20


class _Queue:
    """How long strong requests have stood in the queue."""

    def __init__(self, db):
        self.db = db
        self.looks = 0
        self.longest = 0.0

    def look(self):
        self.looks += 1
        waited = self.db.value(
            "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)"
            "::float8 FROM pg_locks WHERE locktype = 'relation' AND NOT granted AND"
            " mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')"
            " AND database = (SELECT oid FROM pg_database"
            " WHERE datname = current_database())"
        )
        self.longest = max(self.longest, waited)
