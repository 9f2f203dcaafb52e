"""Draw which sessions wait while an index is built, stock and ours.

    python benchmarks/lock_queue.py --svg lock-queue.svg     # about ten seconds

A transaction has changed one order and stays open.  The index is created meanwhile,
and the application goes on to read and to write other orders.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from benchmarks import timeline  # noqa: E402
from benchmarks.cases import CASES  # noqa: E402
from benchmarks.project import Project, forget  # noqa: E402
from benchmarks.sessions import Clock, Session, sampled  # noqa: E402
from benchmarks.timeline import Bar, Panel  # noqa: E402
from examples.shop import project as shop  # noqa: E402
from examples.shop import server, tables  # noqa: E402
from examples.shop.proofs import demand  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

BEFORE = 0.5
CASE = next(case for case in CASES if case.name == "create-index")
WRITE = "UPDATE orders SET currency = currency WHERE id = {}"
READ = "SELECT total_cents FROM orders WHERE id = 4"
OUTSIDE = "waits outside the queue"
IN_QUEUE = "waits in the lock queue"
SESSIONS = """
SELECT pid, application_name = 'migration' AND query LIKE 'CREATE INDEX%', wait_event
  FROM pg_stat_activity
 WHERE datname = current_database() AND state = 'active'
"""
STATES = {"relation": IN_QUEUE, "virtualxid": OUTSIDE}
"""What a session does by the event that it waits for."""


class Watch:
    """A session that asks which ones wait for a lock.

    Args:
        connection: of the session.
        clock: of the picture.
        otherwise: what the migration does while it has sent no CREATE INDEX.
    """

    def __init__(
        self, connection: psycopg.Connection, clock: Clock, otherwise: str
    ) -> None:
        self._connection, self._clock = connection, clock
        self._otherwise = otherwise
        self._waited: list[tuple[float, set[int]]] = []

    def state(self) -> str:
        """Return what the migration does, and note which sessions wait."""
        found = self._connection.execute(SESSIONS).fetchall()
        waiting = {pid for pid, _, event in found if event == "relation"}
        self._waited.append((self._clock.now(), waiting))
        events = [event for _, builds, event in found if builds]
        return STATES.get(events[0], "works") if events else self._otherwise

    def bars(self, session: Session) -> list[Bar]:
        """Return the requests of a session, with those that have waited."""
        times = [when for when, waiting in self._waited if session.pid in waiting]
        return [
            replace(bar, state=IN_QUEUE)
            if any(bar.began <= when <= bar.ended for when in times)
            else bar
            for bar in session.bars
        ]


def measured(url: str, body: str, otherwise: str, seconds: float) -> Panel:
    """Run the change once behind the open transaction, and return its sessions."""
    clock = Clock()
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        holder = enter(server.connect(url))
        watch = Watch(enter(server.connect(url)), clock, otherwise)
        project = enter(Project([body]))
        application = {
            "writes, process 1": enter(Session(url, clock, [WRITE.format(2)])),
            "writes, process 2": enter(Session(url, clock, [WRITE.format(3)])),
            "reads": enter(Session(url, clock, [READ])),
        }
        opened = clock.now()
        holder.execute("BEGIN")
        holder.execute(WRITE.format(1))
        time.sleep(BEFORE)
        end = threading.Timer(seconds, holder.execute, ["COMMIT"])
        settings = dict([shop.GUARD_OFF.split("=")])
        change = threading.Thread(target=project.upgrade, args=[settings])
        end.start()
        change.start()
        migration = sampled(clock, watch.state, change)
        end.join()
        time.sleep(BEFORE)
        lanes = {name: watch.bars(each) for name, each in application.items()}
    held = Bar(opened, opened + BEFORE + seconds, "has an open transaction")
    longest = tables.duration(max(each.longest for each in application.values()))
    how = "ours" if otherwise == OUTSIDE else "stock"
    migrating = {"open transaction": [held], "CREATE INDEX": migration}
    return Panel(f"{how}: a request takes {longest} at most", migrating | lanes)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and draw."""
    options = parse(arguments)
    panels = []
    with server.own_database() as url:
        named = make_url(url).update_query_dict({"application_name": "migration"})
        os.environ["ZDT_BENCH_URL"] = named.render_as_string(hide_password=False)
        shop.create(url, options.rows)
        ours = f"from alembic_zdt import op\n{CASE.ours}"
        for body, otherwise in ((CASE.stock, "works"), (ours, OUTSIDE)):
            forget(url)
            panels.append(measured(url, body, otherwise, options.seconds))
            demand(url, CASE.proof, body)
            server.command(url, *CASE.undo)
    title = f"An index on {options.rows:,} orders, behind an open transaction"
    timeline.draw(options.svg, title, panels)
    tables.say(f"{options.svg}: {'; '.join(panel.title for panel in panels)}")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--svg", type=Path, metavar="FILE", required=True, help="the picture")
    add("--rows", type=int, default=200_000, help="orders (users: half of that)")
    add("--seconds", type=float, default=3, help="how long the transaction stays open")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
