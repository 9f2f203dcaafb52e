"""Backfills as tasks of Celery."""

from __future__ import annotations

import os

import sqlalchemy as sa
from celery import Celery

from alembic_zdt.backfill import run_slice, unfinished

TASKS_AT_ONCE = 3
SECONDS = 50

# No pool: the processes of a worker are forks, and must not share connections.
engine = sa.create_engine(os.environ["DATABASE_URL"], poolclass=sa.NullPool)
app = Celery("backfills", broker=os.environ["BROKER_URL"])
app.conf.task_ignore_result = True
app.conf.beat_schedule = {"look": {"task": "backfills.look", "schedule": 60.0}}


@app.task(name="backfills.look")
def look() -> None:
    """Each minute: some tasks for each backfill, which are worthless a minute later."""
    for name in unfinished(engine):
        for _ in range(TASKS_AT_ONCE):
            work.apply_async((name,), expires=60)


@app.task(name="backfills.work")
def work(name: str) -> None:
    """Work for a while; the next minute goes on, also if this process dies."""
    run_slice(engine, name, max_seconds=SECONDS)
