"""Rows that the application inserts, updates and deletes meanwhile are not lost."""

from __future__ import annotations

import random
import threading

import psycopg
import pytest

from alembic_zdt.errors import LockNotAvailableError

SETUP = (
    (
        "CREATE TABLE users (id int PRIMARY KEY, email text, email_lower text,"
        " hits int NOT NULL DEFAULT 0, seen int NOT NULL DEFAULT 0, pad text)"
    ),
    (
        "INSERT INTO users SELECT g, 'U' || g, NULL, 0, 0, repeat('x', 200)"
        " FROM generate_series(1, 5000) g"
    ),
)
# New code: it writes the new column itself, and old rows whenever it touches them.
WRITES = (
    "INSERT INTO users VALUES (%(new)s, 'N' || %(new)s, 'n' || %(new)s, 1)",
    "UPDATE users SET seen = seen + 1, pad = repeat('y', 300) WHERE id = %(id)s",
    (
        "UPDATE users SET email = 'E' || %(id)s, seen = seen + 1,"
        " email_lower = CASE WHEN email_lower IS NULL THEN NULL ELSE 'e' || %(id)s END"
        " WHERE id = %(id)s"
    ),
    "DELETE FROM users WHERE id = %(id)s",
)


class Application:
    """Writes as fast as it can, and remembers what it has been told."""

    def __init__(self, db):
        self._db = db
        self._stop = threading.Event()
        self.seen = {}
        self.deleted = set()
        self.inserted = set()
        self.errors = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        chosen = random.Random(7)  # noqa: S311  # the same each time
        with self._db.session() as session:
            for new in range(10_000, 1_000_000):
                if self._stop.is_set():
                    return
                which, id_ = chosen.choice(WRITES), chosen.randint(1, 5000)
                try:
                    cursor = session.connection.execute(
                        which.encode(), {"new": new, "id": id_}
                    )
                except psycopg.Error as error:
                    self.errors.append(error)
                    return
                self._remember(which, new, id_, cursor.rowcount)

    def _remember(self, which, new, id_, rows):
        if which.startswith("INSERT"):
            self.inserted.add(new)
        elif which.startswith("DELETE"):
            self.deleted.add(id_)
        elif rows:
            self.seen[id_] = self.seen.get(id_, 0) + 1


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("options", ["", ', key="id"', ", batch_size=50"])
def test_nothing_is_lost_and_nothing_is_left(db, project, driver, options):
    """Each driver runs half of them."""

    for statement in SETUP:
        db.execute(statement)
    project.revision(
        "a1",
        'op.backfill("users", {"email_lower": "lower(email)", "hits": "hits + 1"},'
        f' where="email_lower IS NULL", pause="2ms"{options})',
    )

    with Application(db) as application:
        project.upgrade()

    assert application.errors == []
    assert application.seen
    found = dict(db.rows("SELECT id, seen FROM users"))
    assert set(found) == (
        set(range(1, 5001)) - application.deleted | application.inserted
    )
    kept = {i: n for i, n in application.seen.items() if i not in application.deleted}
    assert {i: n for i, n in found.items() if n} == kept
    assert (
        db.value(
            "SELECT count(*) FROM users WHERE email_lower IS DISTINCT FROM lower(email)"
        )
        == 0
    )
    assert db.value("SELECT count(*) FROM users WHERE hits <> 1") == 0


@pytest.mark.parametrize("key", ["", ', key="id"'])
def test_locked_rows_are_left_for_later(db, project, key):
    """The rest is done meanwhile, and the application waits for none of it."""
    for statement in SETUP:
        db.execute(statement)
    call = f'op.backfill("users", {{"email_lower": "lower(email)"}}{key})'
    project.revision("a1", call)

    with db.holding("UPDATE users SET seen = 1 WHERE id IN (7, 2500)") as other:
        running = project.start("upgrade", "head")
        db.wait_until(
            "(SELECT count(*) FROM users WHERE email_lower IS NULL) = 2", timeout=30
        )
        db.execute("SET lock_timeout = '3s'")
        db.execute("UPDATE users SET seen = 5 WHERE id NOT IN (7, 2500)")
        other.execute("COMMIT")
    running.wait().ok()

    assert db.value("SELECT count(*) FROM users WHERE email_lower IS NULL") == 0
    assert db.value("SELECT min(seen) FROM users WHERE id IN (7, 2500)") == 1


def test_without_a_proof_no_locked_row_is_left_out(db, project):
    for statement in SETUP:
        db.execute(statement)
    call = 'op.backfill("users", {"email_lower": "lower(email)"}, verify=False)'
    project.revision("a1", call)

    with db.holding("UPDATE users SET seen = 1 WHERE id = 2500") as other:
        running = project.start("upgrade", "head")
        # It waits for the row again and again, instead of passing by.
        held = "EXISTS (SELECT FROM pg_locks WHERE NOT granted AND %s IN"
        held += " (SELECT unnest(pg_blocking_pids(pid))))"
        for _ in range(3):
            db.wait_until(f"NOT {held}", other.pid, timeout=30)
            db.wait_until(held, other.pid, timeout=30)
        other.execute("COMMIT")
    running.wait().ok()

    assert db.value("SELECT count(*) FROM users WHERE email_lower IS NULL") == 0


def test_without_a_proof_a_pass_that_lost_its_rows_is_not_the_last(db, project):
    """Others had done all that it had chosen in the same moment; the rest is left."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, n int)")
    db.execute("INSERT INTO users SELECT generate_series(1, 100)")
    db.execute("ANALYZE users")
    db.execute("CREATE SEQUENCE calls")
    db.execute(
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF nextval('calls') <= 20 THEN RETURN NULL; END IF; RETURN NEW; END $$"
    )
    db.execute(
        "CREATE TRIGGER lose BEFORE UPDATE ON users"
        " FOR EACH ROW EXECUTE FUNCTION lose()"
    )
    project.revision("a1", 'op.backfill("users", {"n": "id"}, verify=False)')

    project.upgrade()

    assert db.value("SELECT count(n) FROM users") >= 80


def test_rows_that_stay_locked_end_it(db, project):
    for statement in SETUP:
        db.execute(statement)
    project.revision("a1", 'op.backfill("users", {"email_lower": "lower(email)"})')
    project.settings(lock_deadline="1s")

    with db.holding("UPDATE users SET seen = 1 WHERE id = 7"):
        with pytest.raises(LockNotAvailableError) as caught:
            project.upgrade()

    assert "stay locked" in caught.value.primary
    assert db.value("SELECT count(*) FROM users WHERE email_lower IS NULL") == 1
    project.upgrade()
    assert db.value("SELECT count(*) FROM users WHERE email_lower IS NULL") == 0


def test_volatile_values_are_never_handed_out_twice(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, token uuid, n int)")
    db.execute("INSERT INTO users SELECT g, NULL, g FROM generate_series(1, 2000) g")
    db.execute("UPDATE users SET n = 0 WHERE id = 1500")
    values = '{"token": "CASE WHEN 1 / n >= 0 THEN gen_random_uuid() END"}'
    project.revision("a1", f'op.backfill("users", {values}, batch_size=100)')
    with pytest.raises(Exception, match="division by zero"):
        project.upgrade()
    given = dict(db.rows("SELECT id, token FROM users WHERE token IS NOT NULL"))
    assert given
    db.execute("UPDATE users SET n = 1 WHERE id = 1500")

    project.upgrade()

    found = dict(db.rows("SELECT id, token FROM users"))
    assert {i: token for i, token in found.items() if i in given} == given
    assert len(set(found.values())) == 2000
    assert None not in found.values()


def test_a_waiter_makes_the_next_batch_smaller(db, project):
    """Whoever waits for a batch is seen before it ends."""
    for statement in SETUP:
        db.execute(statement)
    # The first batches are slow enough for somebody to wait behind them.
    note_sizes(db, "pg_sleep(0.0001 * (SELECT count(*) FROM changed))")
    call = 'op.backfill("users", {"email_lower": "lower(email)"}, key="id",'
    project.revision("a1", call + ' batch_size=800, target_batch_time="150ms")')
    stop = threading.Event()

    def touch():
        with db.session() as session:
            session.execute("SET session_replication_role = replica")
            while not stop.is_set():
                session.execute("UPDATE users SET seen = seen + 1 WHERE id % 97 = 0")

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        project.upgrade()
    finally:
        stop.set()
        thread.join()

    sizes = db.column("SELECT rows FROM sizes WHERE rows > 0 ORDER BY at")
    assert sizes[0] == 800
    assert min(sizes) < 400


def note_sizes(db, then):
    """Each batch writes down how many rows it has, then does something."""
    db.execute("CREATE TABLE sizes (at timestamptz, rows int)")
    db.execute(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO sizes SELECT clock_timestamp(), count(*) FROM changed;"
        f" PERFORM {then}; RETURN NULL; END $$"
    )
    db.execute(
        "CREATE TRIGGER note AFTER UPDATE ON users REFERENCING NEW TABLE AS changed"
        " FOR EACH STATEMENT EXECUTE FUNCTION note()"
    )
