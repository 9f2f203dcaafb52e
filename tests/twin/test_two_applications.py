"""Old and new code write the same rows all the while; the last write is what stays."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.choice import FULL
from tests.support.workflows import renaming, retyping

ROWS = 60


@dataclass(frozen=True)
class Change:
    """A workflow, and what either application writes while it goes on.

    Attributes:
        type: that the column has.
        new_type: that it gets.
        default: of the column.
        value: what old code writes, made of a number.
        new_value: what new code writes.
        options: of the directives; empty: it is a rename.
        strategy: of a rename.
        up: the new value of an old one.
        setup: what else there must be.
    """

    type: str
    new_type: str
    default: str
    value: str
    new_value: str
    options: str = ""
    strategy: str = "twin"
    up: str = "{}"
    setup: str = "SELECT"

    @property
    def calls(self):
        if not self.options:
            strategy = f"strategy={self.strategy!r}"
            return renaming("users", "email", "mail", strategy).splitlines()
        type_, _, options = self.options.partition("; ")
        named = ", ".join(filter(None, (options, "new_column_name='mail'")))
        return retyping("users", "email", type_, named).splitlines()

    @property
    def table(self):
        return (
            self.setup,
            "DROP TABLE IF EXISTS users",
            (
                f"CREATE TABLE users (id int PRIMARY KEY, email {self.type} NOT NULL"
                f" DEFAULT '{self.default}', seq int NOT NULL DEFAULT 0, pad text)"
            ),
            (
                f"INSERT INTO users SELECT g, '{self.default}', 0, repeat('x', 500)"
                f" FROM generate_series(1, {ROWS}) g"
            ),
            "CREATE INDEX ON users (email)",
        )

    def stored(self, db, value, *, is_new):
        """What is in the new column when the value was written to one of the two."""
        type_ = self.new_type if is_new else self.type
        written = f"CAST(%s AS {type_})"
        kept = written if is_new else self.up.format(written)
        return db.value(f"SELECT CAST({kept} AS {self.new_type})::text", value)


CHANGES = {
    "rename": Change("text", "text", "", "old {}", "new {}"),
    "view": Change("text", "text", "", "old {}", "new {}", strategy="view"),
    "bigint": Change("int", "bigint", "0", "1{}", "2{}", "sa.BigInteger()"),
    "lossy": Change(
        "text",
        "numeric(12,1)",
        "0",
        "00{}.46",
        "{}.3",
        'sa.Numeric(12, 1); using="email::numeric(12,1)", reverse_using="mail::text"',
    ),
    "citext": Change(
        "text",
        "citext",
        "",
        "OLD {}",
        "New {}",
        "postgresql.CITEXT()",
        setup="CREATE EXTENSION IF NOT EXISTS citext",
    ),
    "timestamptz": Change(
        "timestamp",
        "timestamptz",
        "2020-01-01",
        "2021-01-01 00:00:00.{:06}",
        "2022-01-01 00:00:00.{:06}+05",
        "sa.DateTime(timezone=True); using=\"email AT TIME ZONE 'UTC'\","
        " reverse_using=\"mail AT TIME ZONE 'UTC'\"",
        "({} AT TIME ZONE 'UTC')",
    ),
}

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

    def __init__(self, db, column, change, seed):
        value = change.new_value if column == "mail" else change.value
        # Nobody can COPY into a view.
        self._copies = 0 if change.strategy == "view" else 10
        self.column, self.value, self.errors = column, value, []
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
                    self._write(session, self.value.format(number), number)
                except Exception as error:  # noqa: BLE001  # judged by the test
                    self.errors.append(error)
                    self._stop.set()
                self._wrote.release()

    def _write(self, session, value, number):
        kind = self._random.choices(
            (UPDATE, BUMP, UPSERT, LOCK, COPY, DELETE),
            (30, 10, 15, 10, self._copies, 2),
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
    """The value that each row must have, by the highest counter, and whose it is."""
    found = {}
    for application in applications:
        for id_, seq, value in application.writes:
            if seq >= found.get(id_, (-1, "", None))[0]:
                found[id_] = (seq, value, application)
    return found


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=6 if FULL else 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_write_is_lost(db, project, driver, change, seed):
    """Each change is run by one driver, and both run some."""
    for number, call in enumerate(change.calls, start=1):
        project.revision(f"r{number}", call)
    for statement in (*change.table, "DROP TABLE IF EXISTS alembic_version"):
        db.execute(statement)
    old = Application(db, "email", change, seed)
    applications = [old]
    try:
        old.wait_for(20)
        project.upgrade("r1")
        new = Application(db, "mail", change, seed + 1)
        applications.append(new)
        for application in applications:
            application.wait_for(50)
        project.upgrade("r2")
        for application in applications:
            application.wait_for(50)
        assert db.value("SELECT count(*) FROM users WHERE mail IS NULL") == 0
        old.stop()
        project.upgrade("r3")
        new.wait_for(20)
    finally:
        for application in applications:
            application.stop()

    assert [application.errors for application in applications] == [[], []]
    judge(db, change, applications)


def judge(db, change, applications):
    """Each row holds what was written to it last, or somebody has deleted it."""
    rows = db.rows("SELECT id, seq, mail::text FROM users")
    found = {row[0]: row[1:] for row in rows}
    first = change.stored(db, change.default, is_new=False)
    wanted = dict.fromkeys(range(1, ROWS + 1), (0, first))
    for id_, (seq, value, application) in last_writes(*applications).items():
        is_new = application.column == "mail"
        wanted[id_] = seq, change.stored(db, value, is_new=is_new)
    deleted = set().union(*(application.deleted for application in applications))

    assert set(found) <= set(wanted)
    for id_, row in wanted.items():
        if id_ not in deleted:
            assert found[id_] == row
        elif id_ in found:  # inserted again: its counter began anew
            assert found[id_][1] in _values(db, change, applications, id_)


def _values(db, change, applications, id_):
    return {
        change.stored(db, write[2], is_new=application.column == "mail")
        for application in applications
        for write in application.writes
        if write[0] == id_
    }
