"""The targets of a fleet as jobs of procrastinate, whose queue is in PostgreSQL."""

from __future__ import annotations

import contextlib
import os

import procrastinate
import sqlalchemy as sa
from procrastinate.exceptions import AlreadyEnqueued

from alembic_zdt.fleet import upgrade_target

URL = sa.make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql")
PAUSE = 5

conninfo = URL.render_as_string(hide_password=False)
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo))


@app.task(name="upgrade_target")
def upgrade(run: str, name: str) -> None:
    """Upgrade a target; look again later if it may not begin or another has it."""
    if upgrade_target(run, name) in {"waiting", "running"}:
        put(run, name, after=PAUSE)


def enqueue(run: str, name: str) -> None:
    """Put a target into the queue: alembic-zdt fleet enqueue calls this for each."""
    with app.open():
        put(run, name, after=0)


def put(run: str, name: str, *, after: int) -> None:
    """Put a target into the queue, if it does not wait there already."""
    job = upgrade.configure(
        queueing_lock=f"{run} {name}", schedule_in={"seconds": after}
    )
    with contextlib.suppress(AlreadyEnqueued):
        job.defer(run=run, name=name)
