"""Draw the phases of a rename with old and new code, and what the table holds.

    python benchmarks/rename_phases.py --phases phases.svg --twin twin.svg

Old code knows the column as ``email``, new code as ``address``.  Both write while the
phases run; the first picture shows when, and the second one the rows after each step.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from benchmarks import rows_chart, timeline  # noqa: E402
from benchmarks.project import Project  # noqa: E402
from benchmarks.rows_chart import Rows  # noqa: E402
from benchmarks.sessions import Clock, Session  # noqa: E402
from benchmarks.timeline import Bar, Panel  # noqa: E402
from examples.shop import server, tables  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

RENAME = 'op.{}_rename_column("users", "email", "address")'
PHASES = ("expand", "migrate", "contract")
TABLE = (
    "CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text)",
    "INSERT INTO users (email) VALUES ('ada@shop.org')",
)
FILL = (
    "INSERT INTO users (email) SELECT n || '@example.org' FROM generate_series(1, {}) n"
)
WRITES = "INSERT INTO users ({}) VALUES ('somebody@example.org')"
READS = "SELECT {} FROM users ORDER BY id DESC LIMIT 1"


def phases(url: str, rows: int, pause: float) -> Panel:
    """Run the phases under both versions of the application."""
    clock = Clock()
    ran: dict[str, list[Bar]] = {}
    server.command(url, TABLE[0], FILL.format(rows))
    with contextlib.ExitStack() as stack:
        old = stack.enter_context(_application(url, clock, "email"))
        time.sleep(pause)
        for phase in PHASES[:2]:
            ran[phase] = _timed(clock, phase)
            time.sleep(pause / 2)
        new = stack.enter_context(_application(url, clock, "address"))
        time.sleep(pause)
        old.stop()
        time.sleep(pause / 2)
        ran["contract"] = _timed(clock, "contract")
        time.sleep(pause / 2)
    failed = len(old.errors) + len(new.errors)
    done = len(old.bars) + len(new.bars)
    lanes = {
        "old code: email": old.bars,
        "expand": ran["expand"],
        "migrate": ran["migrate"],
        "new code: address": new.bars,
        "contract": ran["contract"],
    }
    longest = tables.duration(max(old.longest, new.longest))
    words = f"{done} requests, {failed} failed, the longest took {longest}"
    return Panel(words, lanes)


def _application(url: str, clock: Clock, column: str) -> Session:
    return Session(url, clock, [WRITES.format(column), READS.format(column)])


def _timed(clock: Clock, phase: str) -> list[Bar]:
    began = clock.now()
    _run(phase)
    return [Bar(began, clock.now(), "a phase runs")]


def twin(url: str) -> list[Rows]:
    """Return the rows after each step."""
    shown = []

    def look(title: str, statement: str = "") -> None:
        if statement:
            server.command(url, statement)
        with server.connect(url) as connection:
            found = connection.execute("SELECT * FROM users ORDER BY id")
            names = [column.name for column in found.description or ()]
            shown.append(Rows(title, names, found.fetchall()))

    server.command(url, *TABLE)
    look("before")
    _run("expand")
    look("after expand")
    look("old code inserts", "INSERT INTO users (email) VALUES ('bob@shop.org')")
    look("new code inserts", "INSERT INTO users (address) VALUES ('eve@shop.org')")
    _run("migrate")
    look("after migrate")
    _run("contract")
    look("after contract")
    return shown


def _run(phase: str) -> None:
    """Upgrade by one phase; each project begins where the last one has ended."""
    bodies = [RENAME.format(each) for each in PHASES[: PHASES.index(phase) + 1]]
    with Project([f"from alembic_zdt import op\n{body}" for body in bodies]) as project:
        project.upgrade()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and draw; the exit code is 1 when a request failed."""
    options = parse(arguments)
    with server.own_database() as url:
        named = make_url(url).update_query_dict({"application_name": "migration"})
        os.environ["ZDT_BENCH_URL"] = named.render_as_string(hide_password=False)
        panel = phases(url, options.rows, options.pause)
        server.command(url, "DROP TABLE users, bench_version, alembic_zdt_revision")
        shown = twin(url)
    title = f"users.email becomes users.address on {options.rows:,} rows"
    timeline.draw(options.phases, title, [panel])
    rows_chart.draw(options.twin, "The twin: one table with both names", shown)
    tables.say(f"{options.phases}: {panel.title}")
    return int(" 0 failed" not in panel.title)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--phases", type=Path, metavar="FILE", required=True, help="the first picture")
    add("--twin", type=Path, metavar="FILE", required=True, help="the second picture")
    add("--rows", type=int, default=50_000, help="users")
    add("--pause", type=float, default=1, help="seconds between two events")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
