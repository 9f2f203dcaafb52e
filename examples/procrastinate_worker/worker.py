"""Backfills as jobs of procrastinate, whose queue is in PostgreSQL too."""

from __future__ import annotations

import contextlib
import os

import procrastinate
import sqlalchemy as sa
from procrastinate.exceptions import AlreadyEnqueued

from alembic_zdt.backfill import run_slice, unfinished

URL = sa.make_url(os.environ["DATABASE_URL"])
JOBS_AT_ONCE = int(os.environ.get("JOBS_AT_ONCE", "3"))
SECONDS = float(os.environ.get("SECONDS_PER_JOB", "20"))

engine = sa.create_engine(URL.set(drivername="postgresql+psycopg"))
conninfo = URL.set(drivername="postgresql").render_as_string(hide_password=False)
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo))


@app.periodic(cron="* * * * *")
@app.task(name="look_for_backfills", queueing_lock="look_for_backfills")
def look_for_backfills(timestamp: int = 0) -> None:  # noqa: ARG001  # when it was due
    """Give each backfill its jobs; those of a worker that died come back here, too."""
    for name in unfinished(engine):
        for number in range(JOBS_AT_ONCE):
            enqueue(name, number, after=0)


@app.task(name="work_on_backfill")
def work_on_backfill(name: str, number: int) -> None:
    """Work for a while, then make room for other jobs, and come back."""
    if run_slice(engine, name, max_seconds=SECONDS).more:
        enqueue(name, number, after=1)


def enqueue(name: str, number: int, *, after: int) -> None:
    """Put one job of a backfill into the queue, if it is not there already."""
    job = work_on_backfill.configure(
        queueing_lock=f"{name} {number}", schedule_in={"seconds": after}
    )
    with contextlib.suppress(AlreadyEnqueued):
        job.defer(name=name, number=number)
