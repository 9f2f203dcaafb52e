"""The schemes that keep two columns equal, and the writes that they make dearer."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.dual_write_results import Run
from benchmarks.project import Project, forget
from examples.shop import server

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
# clear the marker that a backfill goes by.
ONE_OF_TWO = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  id accounts.id%TYPE := NEW.id;
  email accounts.email%TYPE := NEW.email;
  name accounts.name%TYPE := NEW.name;
  credit accounts.credit%TYPE := NEW.credit;
  seen accounts.seen%TYPE := NEW.seen;
  mail accounts.mail%TYPE := NEW.mail;
  path text;
BEGIN
  SELECT current_setting INTO path FROM current_setting('search_path');
  IF path {operator} 'new_program' THEN
    NEW.{target} := {source};
    NEW.needs_backfill := false;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON accounts
  FOR EACH ROW EXECUTE FUNCTION {name}();
"""
TWO_TRIGGERS = (
    "ALTER TABLE accounts ADD COLUMN mail text;"
    "ALTER TABLE accounts ADD COLUMN needs_backfill boolean DEFAULT true;"
    + ONE_OF_TWO.format(name="up", operator="<>", target="mail", source="email")
    + ONE_OF_TWO.format(name="down", operator="=", target="email", source="mail")
)
FORGET = "DROP FUNCTION IF EXISTS up() CASCADE; DROP FUNCTION IF EXISTS down() CASCADE"
NAMES = '"accounts", "email", "mail"'
IN_STEP = "SELECT count(*) FROM accounts WHERE mail IS DISTINCT FROM email"


def none(_url: str) -> None:
    """One column only."""


def ours(url: str) -> None:
    """``op.expand_rename_column()`` as it comes."""
    upgrade(url, f"op.expand_rename_column({NAMES})")


def two_triggers(url: str) -> None:
    """A trigger for each direction, and a marker column."""
    server.command(url, TWO_TRIGGERS)


def upgrade(url: str, *bodies: str) -> None:
    """Run revisions of ours, from the first."""
    forget(url)
    with Project([f"from alembic_zdt import op\n{body}" for body in bodies]) as project:
        project.upgrade({"zdt.allow_same_run": "true"})


NONE, OURS, REPLICA = "no trigger", "ours", "two triggers + marker"
SCHEMES: dict[str, Callable[[str], None]] = {
    NONE: none,
    OURS: ours,
    REPLICA: two_triggers,
}


@dataclass(frozen=True)
class Write:
    """Something an application writes.

    Attributes:
        name: for the table.
        statement: what is sent.
        is_filled: whether the table has rows before, written by this scheme.
    """

    name: str
    statement: str
    is_filled: bool = True


WRITES = {
    write.name: write
    for write in (
        Write("INSERT", FILL, is_filled=False),
        Write("UPDATE of another column", "UPDATE accounts SET credit = credit + 1"),
        Write("UPDATE of the column", "UPDATE accounts SET email = 'x' || email"),
        Write(
            "COPY", "COPY accounts (id, email, name, credit, seen) FROM STDIN", False
        ),
    )
}


class Bench:
    """A table that is made anew for each measurement.

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
        """Make the table with a scheme, write, look whether both columns are equal."""
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
        if scheme != NONE and server.scalar(self._url, IN_STEP):
            msg = f"{scheme}: the two columns differ after {name}"
            raise RuntimeError(msg)
        return Run(scheme, name, self._rows, seconds)

    def _send(self, connection: psycopg.Connection, write: Write) -> None:
        statement = write.statement.format(row=ROW, rows=self._rows)
        if not statement.startswith("COPY"):
            connection.execute(statement)
            return
        with connection.cursor().copy(statement) as copy:
            copy.write(self._copied)
