"""The schemes that keep two columns equal, and the writes that they slow down."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.dual_write_results import Run
from benchmarks.project import Project, forget
from examples.shop import server
from examples.shop.proofs import demand

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

TABLE = (
    "DROP TABLE IF EXISTS accounts",
    (
        "CREATE TABLE accounts (id bigint PRIMARY KEY, email text, name text,"
        " credit int, seen timestamptz)"
    ),
)
ROW = "g, 'user' || g || '@example.com', 'name ' || g, g % 1000, '2026-01-01'"
FILL = "INSERT INTO accounts SELECT {row} FROM generate_series(1, {rows}) g"

# Each program sets its search_path; the triggers ask for it, declare every column, and
# clear the marker that a backfill goes by.  As such a tool is published, they look the
# name of the newest version up for each row, too.
ONE_OF_TWO = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  id accounts.id%TYPE := NEW.id;
  email accounts.email%TYPE := NEW.email;
  name accounts.name%TYPE := NEW.name;
  credit accounts.credit%TYPE := NEW.credit;
  seen accounts.seen%TYPE := NEW.seen;
  mail accounts.mail%TYPE := NEW.mail;
  newest text := 'new_program';
  path text;
BEGIN
  {looking_up}
  SELECT current_setting INTO path FROM current_setting('search_path');
  IF path {operator} newest THEN
    NEW.{target} := {source};
    NEW.needs_backfill := false;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON accounts
  FOR EACH ROW EXECUTE FUNCTION {name}();
"""
COLUMNS = (
    "ALTER TABLE accounts ADD COLUMN mail text;"
    "ALTER TABLE accounts ADD COLUMN needs_backfill boolean DEFAULT true;"
)
VERSIONS = """
CREATE TABLE versions (program name, name text, parent text,
  PRIMARY KEY (program, name));
INSERT INTO versions VALUES ('public', 'v1', NULL), ('public', 'v2', 'v1');
CREATE FUNCTION newest_version(wanted name) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT v.name FROM versions v WHERE v.program = wanted AND NOT EXISTS
    (SELECT FROM versions c WHERE c.program = wanted AND c.parent = v.name)
$$;
"""
LOOKING_UP = "SELECT 'public_' || newest_version('public') INTO newest;"
FORGET = (
    "DROP FUNCTION IF EXISTS up() CASCADE; DROP FUNCTION IF EXISTS down() CASCADE;"
    "DROP FUNCTION IF EXISTS seen() CASCADE;"
    "DROP TABLE IF EXISTS versions; DROP FUNCTION IF EXISTS newest_version(name)"
)
NAMES = '"accounts", "email", "mail"'
EQUAL = "NOT EXISTS (SELECT FROM accounts WHERE mail IS DISTINCT FROM email)"
HAS_TRIGGER = (
    "EXISTS (SELECT FROM pg_trigger"
    " WHERE tgrelid = 'accounts'::regclass AND NOT tgisinternal)"
)


OWN_TRIGGER = """
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.seen := now(); RETURN NEW; END $$;
CREATE TRIGGER seen BEFORE INSERT OR UPDATE ON accounts
  FOR EACH ROW EXECUTE FUNCTION seen();
"""


def none(_url: str) -> None:
    """One column only."""


def ours(url: str) -> None:
    """``op.expand_rename_column()`` as it comes."""
    upgrade(url, f"op.expand_rename_column({NAMES})")


def own(url: str) -> None:
    """One column only, and a BEFORE trigger such as many tables have."""
    server.command(url, OWN_TRIGGER)


def own_and_ours(url: str) -> None:
    """Make the same trigger, then rename the column: our first triggers come, too."""
    own(url)
    ours(url)


def two_triggers(url: str) -> None:
    """Make a trigger for each direction that knows the newest version, and a marker."""
    _both(url, COLUMNS, "")


def looked_up(url: str) -> None:
    """Make the same, where the triggers ask a table for the newest version."""
    _both(url, COLUMNS + VERSIONS, LOOKING_UP)


def _both(url: str, setup: str, looking_up: str) -> None:
    up = {"name": "up", "operator": "<>", "target": "mail", "source": "email"}
    down = {"name": "down", "operator": "=", "target": "email", "source": "mail"}
    triggers = (ONE_OF_TWO.format(**t, looking_up=looking_up) for t in (up, down))
    server.command(url, setup + "".join(triggers))


def upgrade(url: str, *bodies: str) -> None:
    """Run revisions of ours, from the first."""
    forget(url)
    with Project([f"from alembic_zdt import op\n{body}" for body in bodies]) as project:
        project.upgrade({"zdt.allow_same_run": "true"})


NONE, OURS, REPLICA, LOOK_UP = "no trigger", "ours", "two triggers", "with look-up"
OWN, OWN_AND_OURS = "own trigger", "own and ours"
SCHEMES: dict[str, Callable[[str], None]] = {
    NONE: none,
    OURS: ours,
    REPLICA: two_triggers,
    LOOK_UP: looked_up,
    OWN: own,
    OWN_AND_OURS: own_and_ours,
}


HOLDS = {NONE: (f"NOT {HAS_TRIGGER}",), OWN: (HAS_TRIGGER,)}


def _every(condition: str) -> str:
    """Return the condition that so many rows are there and all of them fulfil it."""
    return f"(SELECT count(*) FROM accounts WHERE {condition}) = {{rows}}"


@dataclass(frozen=True)
class Write:
    """Something an application writes.

    Attributes:
        name: for the table.
        statement: what is sent.
        proof: SQL condition that every row was written.
        is_filled: whether the table has rows before, written by this scheme.
    """

    name: str
    statement: str
    proof: str
    is_filled: bool = True


WRITES = {
    write.name: write
    for write in (
        Write("INSERT", FILL, _every("email LIKE 'user%'"), is_filled=False),
        Write(
            "UPDATE of another column",
            "UPDATE accounts SET credit = credit + 1",
            _every("credit = id % 1000 + 1"),
        ),
        Write(
            "INSERT, then UPDATE of another",
            "INSERT INTO accounts (id, email) VALUES (0, 'user');"
            " UPDATE accounts SET credit = credit + 1",
            _every("credit = id % 1000 + 1"),
        ),
        Write(
            "UPDATE of the column",
            "UPDATE accounts SET email = 'x' || email",
            _every("email LIKE 'xuser%'"),
        ),
        Write(
            "COPY",
            "COPY accounts (id, email, name, credit, seen) FROM STDIN",
            _every("email LIKE 'user%'"),
            is_filled=False,
        ),
    )
}


class Bench:
    """A table that is created again for each measurement.

    Args:
        url: the database.
        rows: how many are written by each statement.
    """

    def __init__(self, url: str, rows: int) -> None:
        self._url = url
        self._rows = rows
        self._fill = FILL.format(row=ROW, rows=rows)
        self._copied = self._as_copied()

    def _as_copied(self) -> bytes:
        server.command(self._url, *TABLE, self._fill)
        found = io.BytesIO()
        with (
            server.connect(self._url) as connection,
            connection.cursor().copy("COPY accounts TO STDOUT") as copy,
        ):
            for block in copy:
                found.write(block)
        return found.getvalue()

    def measure(self, scheme: str, name: str) -> Run:
        """Create the table with a scheme, write, check every row."""
        write = WRITES[name]
        server.command(self._url, FORGET, *TABLE)
        SCHEMES[scheme](self._url)
        if write.is_filled:
            server.command(self._url, self._fill)
        server.command(self._url, "VACUUM ANALYZE accounts", "CHECKPOINT")
        with server.connect(self._url) as connection:
            connection.execute("SELECT count(*) FROM accounts")
            began = time.monotonic()
            self._send(connection, write)
            seconds = time.monotonic() - began
        self._check(scheme, write)
        return Run(scheme, name, self._rows, seconds)

    def _check(self, scheme: str, write: Write) -> None:
        scheme_holds = HOLDS.get(scheme, (HAS_TRIGGER, EQUAL))
        for condition in (write.proof.format(rows=self._rows), *scheme_holds):
            demand(self._url, condition, f"{write.name}, {scheme}")

    def _send(self, connection: psycopg.Connection, write: Write) -> None:
        statement = write.statement.format(row=ROW, rows=self._rows)
        if not statement.startswith("COPY"):
            connection.execute(statement)
            return
        with connection.cursor().copy(statement) as copy:
            copy.write(self._copied)
