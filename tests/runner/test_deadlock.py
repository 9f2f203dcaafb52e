"""A transaction of the application and a step that takes several locks meet."""

from __future__ import annotations

import time

import pytest

from tests.support.background import upgrading

WAITS = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = %s::regclass)"
)
CALL = 'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], ["id"])'


@pytest.fixture
def hurried_server(db):
    """It looks for deadlocks after less time than a step may wait for a lock."""
    db.execute(f"ALTER DATABASE {db.database} SET deadlock_timeout = '400ms'")
    yield
    db.execute(f"ALTER DATABASE {db.database} RESET deadlock_timeout")


@pytest.mark.usefixtures("hurried_server")
def test_step_gives_way_where_both_wait_for_each_other(db, project, driver):
    """The step holds the lock on users and waits for orders; the other way round."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    db.execute("CREATE TABLE orders (id int PRIMARY KEY, user_id int)")
    db.execute("INSERT INTO users VALUES (1)")
    project.revision("r1", CALL)

    bound = "zdt.lock_timeout=10s", "zdt.lock_patience=0s"
    with db.session() as one, db.session() as two, upgrading(project, *bound) as step:
        holder, other = one, two
        _begin(holder)
        step.begin()
        meetings = 0
        while step.is_running and meetings < 2:
            if _waits(db, 0.05):
                meetings += 1
                _waits(db, 0.6, still=True)
                holder.execute("UPDATE users SET id = id")
            _begin(other)  # so that orders is never free before they have met
            holder.execute("COMMIT")
            holder, other = other, holder
        holder.execute("COMMIT")

    assert meetings
    assert step.error is None
    assert db.is_validated("fk")


def _begin(application):
    application.execute("BEGIN")
    application.execute("DELETE FROM orders")


def _waits(db, seconds, *, still=False):
    """Look for so long whether the step begins to wait for orders, or ends to."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if db.value(WAITS, "orders") is not still:
            return True
    return False


def test_scan_that_the_server_ends_is_explained(db, project, driver):
    """It reports the deadlock, and no time that the step has not waited."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    db.execute("CREATE TABLE orders (id int PRIMARY KEY, user_id int)")
    db.execute(
        "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users"
        " NOT VALID"
    )
    project.revision("r1", 'op.validate_constraint("fk", "orders")')

    with db.session() as other, upgrading(project) as step:
        other.execute("BEGIN")
        other.execute("LOCK TABLE users IN EXCLUSIVE MODE")
        step.begin()
        db.wait_until(f"({WAITS.removeprefix('SELECT ')})", "users")
        # The server ends the session that has waited longer.
        other.execute("LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE")
        step.wait()
        holder = f"Held by pid {other.pid} for "
        other.execute("COMMIT")

    primary, detail, hint = str(step.error).split("\n")[:3]
    assert primary == (
        'could not validate constraint "fk" on "orders": the step and another session '
        "waited for each other"
    )
    assert "deadlock detected. Process " in detail
    assert holder in detail
    assert "The step waited" not in detail
    assert hint == (
        "hint: Wait until the other session is done, then run the same command again; "
        "finished steps are skipped."
    )
