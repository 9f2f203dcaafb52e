"""Measure how long the transactions of ``alembic upgrade head`` are idle.

    python benchmarks/idle.py                        # under a minute
    python benchmarks/idle.py --samples 1

A transaction that is idle keeps its locks and its snapshot while a program works out
what to send next.  One upgrade runs several workflows of this package and stock
operations, in one transaction and in one for each revision.  A second connection reads
pg_stat_activity all the time.  A transaction is idle for at least the time that is
measured, and for at most ``apart ms`` longer: the longest time between two samples.

The first run compiles the bytecode, and does not count.  The result is the median of
the longest times of several upgrades, since a busy machine makes some of them longer.
A median of more than 100 ms, and a change that is not in the catalog afterwards, end
the program with exit code 1.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from alembic.config import Config  # noqa: E402
from alembic.script import ScriptDirectory  # noqa: E402

from benchmarks import environments  # noqa: E402
from benchmarks.overhead import environment, is_at  # noqa: E402
from benchmarks.project import Project  # noqa: E402
from examples.shop import proofs, server, tables  # noqa: E402
from examples.shop.progress import progress  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BOUND_MS = 100
_EVERY = 0.002
USERS = (
    "CREATE TABLE users (id bigint PRIMARY KEY, email text, age int NOT NULL, note"
    " text); CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total int);"
    " INSERT INTO users SELECT n, 'user' || n, n % 90, 'x' FROM generate_series(1,"
    " {rows}) n; INSERT INTO orders SELECT n, n, n FROM generate_series(1, {rows}) n"
)
_RENAME = 'op.{}_rename_column("users", "email", "email_address")'
_TYPE = 'op.{}_alter_column_type("users", "age", BigInteger())'
_STOCK = """
op.create_table("carts_{n}", Column("id", BigInteger, primary_key=True))
op.add_column("carts_{n}", Column("note", Text))
op.create_index("carts_{n}_note", "carts_{n}", ["note"])
op.execute("SET LOCAL lock_timeout = '200ms'")
op.add_column("orders", Column("note_{n}", Text))
"""
_CHANGES = (
    _STOCK.format(n=1),
    'op.create_index_concurrently("users_note", "users", ["note"])',
    'op.add_not_null_two_phase("users", "note")',
    _RENAME.format("expand"),
    _TYPE.format("expand"),
    _STOCK.format(n=2),
    _RENAME.format("migrate"),
    _TYPE.format("migrate"),
    (
        'op.create_foreign_key_two_phase("orders_user", "orders", "users",'
        ' ["user_id"], ["id"])'
    ),
    'op.backfill("orders", {"total": "0"}, where="total BETWEEN 1 AND 100")',
    _STOCK.format(n=3),
    _RENAME.format("contract"),
    _TYPE.format("contract"),
)
_IMPORTS = "from alembic_zdt import op\nfrom sqlalchemy import BigInteger, Column, Text"
BODIES = [f"{_IMPORTS}\n{change}" for change in _CHANGES]
PROOFS = (
    proofs.has_index("users_note", "note"),
    proofs.has_not_null("users", "note"),
    proofs.has_constraint("orders", "orders_user"),
    (
        "(SELECT array_agg(attname || ' ' || atttypid::regtype ORDER BY attname)"
        " = '{age bigint,email_address text}' FROM pg_attribute WHERE attrelid ="
        " 'users'::regclass AND (attname ~ '^(age|email|zdt_)'))"
    ),
)
IDLE = (
    "SELECT pid, state_change, extract(epoch FROM clock_timestamp() - state_change)"
    " * 1000, query FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
)
MODES = {
    "one transaction": "",
    "one for each revision": ", transaction_per_migration=True",
}


class Sampler:
    """A reader of pg_stat_activity, on a connection of its own.

    Args:
        url: of the database.

    Attributes:
        longest: milliseconds of the longest idle time.
        behind: the statement before it.
        seen: how many idle times were seen.
        apart: milliseconds of the longest time between two samples.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.longest, self.behind, self.apart = 0.0, "", 0.0
        self._times: set[tuple[object, object]] = set()

    @property
    def seen(self) -> int:
        """Return the number of idle times that were seen."""
        return len(self._times)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read while the body runs."""
        ended = threading.Event()
        thread = threading.Thread(target=self._read, args=(ended,))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _read(self, ended: threading.Event) -> None:
        with server.connect(self._url) as connection:
            before = time.monotonic()
            while not ended.wait(_EVERY):
                rows = connection.execute(IDLE).fetchall()
                now = time.monotonic()
                self.apart, before = max(self.apart, (now - before) * 1000), now
                for pid, since, milliseconds, query in rows:
                    self._times.add((pid, since))
                    if milliseconds > self.longest:
                        self.longest, self.behind = float(milliseconds), query


def measure(
    url: str, python: Path, mode: str, options: argparse.Namespace
) -> list[Sampler]:
    """Return what was seen of each of several upgrades, the shortest time first."""
    found = []
    with Project(BODIES) as project, progress(mode, options.samples) as advance:
        env = project.folder / "env.py"
        configured = f"connection=connection{MODES[mode]}"
        env.write_text(env.read_text().replace("connection=connection", configured))
        for _ in range(options.samples):
            sampler = Sampler(url)
            upgrade(url, python, project, options.rows, sampler)
            if not sampler.seen:
                msg = f"{mode}: no transaction was seen that was idle"
                raise proofs.NotDoneError(msg)
            found.append(sampler)
            advance(1)
    return sorted(found, key=lambda sampler: sampler.longest)


def warm_up(url: str, python: Path) -> None:
    """Compile the bytecode of the package and of its dependencies."""
    with Project(BODIES) as project:
        upgrade(url, python, project, 1000, Sampler(url))


def upgrade(
    url: str, python: Path, project: Project, rows: int, sampler: Sampler
) -> None:
    """Run ``alembic upgrade head`` on new tables, and look at what it has done."""
    server.command(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    for statement in USERS.format(rows=rows).split("; "):
        server.command(url, statement)
    command = [str(python), "-m", "alembic", "-x", "zdt.allow_same_run=true"]
    with sampler.reading():
        done = subprocess.run(
            [*command, "upgrade", "head"],
            cwd=project.folder,
            env=environment(url),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        msg = f"alembic upgrade head: {done.stdout}{done.stderr}"
        raise proofs.NotDoneError(msg)
    last = ScriptDirectory.from_config(Config(project.ini)).get_current_head()
    for condition in (is_at(last), *PROOFS):
        proofs.demand(url, condition, "alembic upgrade head")


def median(found: Sequence[Sampler]) -> float:
    """Return the median of the longest idle times, in milliseconds."""
    return round(statistics.median(sampler.longest for sampler in found), 1)


def show(results: dict[str, list[Sampler]]) -> None:
    """Print the longest idle times."""
    columns = (
        "mode",
        "median ms",
        "at most",
        "worst ms",
        "apart ms",
        "worst is behind",
    )
    rows = [
        [
            *(mode, f"{median(found)}", str(BOUND_MS), f"{found[-1].longest:.1f}"),
            f"{max(sampler.apart for sampler in found):.1f}",
            " ".join(found[-1].behind.split())[:60],
        ]
        for mode, found in results.items()
    ]
    tables.show(tables.Table("Longest time idle in a transaction", columns, rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the JSON.

    The exit code is 1 when an upgrade did not do its work, or was idle too long.
    """
    options = parse(arguments)
    try:
        with (
            server.own_database() as url,
            tempfile.TemporaryDirectory(prefix="zdt-venv-") as folder,
        ):
            machine = server.machine(url)
            python, _without = environments.make_both(Path(folder))
            warm_up(url, python)
            results = {mode: measure(url, python, mode, options) for mode in MODES}
    except proofs.NotDoneError as error:
        tables.say(f"FAILED: {error}")
        return 1
    show(results)
    tables.say(f"Measured here: {machine}; {options.rows:,} rows.")
    if options.json:
        medians = {mode: median(found) for mode, found in results.items()}
        text = json.dumps({"machine": machine, "median_ms": medians}, indent=1)
        options.json.write_text(f"{text}\n")
    too_long = [mode for mode, found in results.items() if median(found) > BOUND_MS]
    for mode in too_long:
        tables.say(
            f"FAILED: {mode}: a transaction was idle for more than {BOUND_MS} ms"
        )
    return 1 if too_long else 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=20_000, help="users and orders")
    add("--samples", type=int, default=5, help="upgrades that count, in each mode")
    add("--json", type=Path, metavar="FILE", help="write the medians there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
