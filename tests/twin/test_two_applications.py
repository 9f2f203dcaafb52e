"""Old and new code write the same rows all the while; the last write is what stays."""

from __future__ import annotations

import random
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROWS = 60
SETUP = (
    "DROP TABLE IF EXISTS users",
    (
        "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL DEFAULT '',"
        " seq int NOT NULL DEFAULT 0, pad text)"
    ),
    (
        "INSERT INTO users SELECT g, 'first ' || g, 0, repeat('x', 500)"
        f" FROM generate_series(1, {ROWS}) g"
    ),
)
NAMES = ("users", "email", "mail")

# Each bumps the row's counter, so that the order of writes is known afterwards.
UPDATE = "UPDATE users SET {c} = %(v)s, seq = seq + 1 WHERE id = %(id)s RETURNING seq"
BUMP = "UPDATE users SET pad = %(v)s WHERE id = %(id)s RETURNING NULL"
UPSERT = (
    "INSERT INTO users (id, {c}) VALUES (%(id)s, %(v)s) ON CONFLICT (id)"
    " DO UPDATE SET {c} = EXCLUDED.{c}, seq = users.seq + 1 RETURNING seq"
)
LOCK = "SELECT {c} FROM users WHERE id = %(id)s FOR UPDATE"
DELETE = "DELETE FROM users WHERE id = %(id)s RETURNING -1"
COPY = "COPY users (id, {c}) FROM STDIN"


class Application:
    """Code that knows one of the two names.

    Attributes:
        writes: (row, its counter, the value) of each write that succeeded.
        deleted: rows it has deleted.
        errors: whatever it was told.
    """

    def __init__(self, db, column, seed):
        self.column, self.errors = column, []
        self.writes, self.deleted = [], set()
        self._db, self._random = db, random.Random(seed)  # noqa: S311  # no secret
        self._stop = threading.Event()
        self._wrote = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def wait_for(self, count):
        """Return when it has written so often again."""
        for _ in range(count):
            assert self._wrote.acquire(timeout=30), self.errors

    def _run(self):
        with self._db.session() as opened:
            session, number = opened.connection, 0
            while not self._stop.is_set():
                number += 1
                try:
                    self._write(session, f"{self.column} {number}", number)
                except Exception as error:  # noqa: BLE001  # judged by the test
                    self.errors.append(error)
                    self._stop.set()
                self._wrote.release()

    def _write(self, session, value, number):
        kind = self._random.choices(
            (UPDATE, BUMP, UPSERT, LOCK, COPY, DELETE), (30, 10, 15, 10, 10, 2)
        )[0]
        # New rows of either application are its own.
        mine = 1000 * number + (1 if self.column == "mail" else 2)
        id_ = self._random.randint(1, ROWS)
        if kind == UPSERT and number % 3 == 0:
            id_ = mine
        parameters = {"id": id_, "v": value}
        if kind == COPY:
            with session.cursor().copy(COPY.format(c=self.column)) as copy:
                copy.write_row((mine, value))
            self.writes.append((mine, 0, value))
        elif kind == LOCK:
            with session.transaction():
                session.execute(LOCK.format(c=self.column), parameters)
                self._note(session, UPDATE, parameters)
        else:
            self._note(session, kind, parameters)

    def _note(self, session, kind, parameters):
        found = session.execute(kind.format(c=self.column), parameters).fetchone()
        if kind == DELETE and found:
            self.deleted.add(parameters["id"])
        elif found and found[0] is not None:
            self.writes.append((parameters["id"], found[0], parameters["v"]))


def last_writes(*applications):
    """The value that each row must have, by the highest counter."""
    found = {}
    for application in applications:
        for id_, seq, value in application.writes:
            if seq >= found.get(id_, (-1, ""))[0]:
                found[id_] = (seq, value)
    return found


@pytest.fixture
def revisions(project):
    for number, phase in enumerate(("expand", "migrate", "contract"), start=1):
        project.revision(f"r{number}", f"op.{phase}_rename_column{NAMES!r}")
    return project


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_write_is_lost(db, revisions, driver, seed):
    for statement in (*SETUP, "DROP TABLE IF EXISTS alembic_version"):
        db.execute(statement)
    old = Application(db, "email", seed)
    applications = [old]
    try:
        old.wait_for(20)
        revisions.upgrade("r1")
        new = Application(db, "mail", seed + 1)
        applications.append(new)
        for application in applications:
            application.wait_for(50)
        revisions.upgrade("r2")
        for application in applications:
            application.wait_for(50)
        in_step = "SELECT count(*) FROM users WHERE email IS DISTINCT FROM mail"
        assert db.value(in_step) == 0
        old.stop()
        revisions.upgrade("r3")
        new.wait_for(20)
    finally:
        for application in applications:
            application.stop()

    assert [application.errors for application in applications] == [[], []]
    judge(db, applications)


def judge(db, applications):
    """Each row holds what was written to it last, or somebody has deleted it."""
    found = {row[0]: row[1:] for row in db.rows("SELECT id, seq, mail FROM users")}
    wanted = {i: (0, f"first {i}") for i in range(1, ROWS + 1)}
    wanted |= last_writes(*applications)
    deleted = set().union(*(application.deleted for application in applications))

    assert set(found) <= set(wanted)
    for id_, row in wanted.items():
        if id_ not in deleted:
            assert found[id_] == row
        elif id_ in found:  # inserted again: its counter began anew
            values = {w[2] for a in applications for w in a.writes if w[0] == id_}
            assert found[id_][1] in values
