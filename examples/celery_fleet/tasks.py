"""The targets of a fleet as tasks of Celery."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery

from alembic_zdt.fleet import upgrade_target

PAUSE = 5

app = Celery("fleet", broker=os.environ["BROKER_URL"])
app.conf.task_ignore_result = True


@app.task(name="fleet.upgrade", bind=True, max_retries=None)
def upgrade(self: Any, run: str, name: str) -> None:
    """Upgrade a target; look again later if it may not begin or another has it."""
    if upgrade_target(run, name) in {"waiting", "running"}:
        raise self.retry(countdown=PAUSE)


def enqueue(run: str, name: str) -> None:
    """Put a target into the queue: alembic-zdt fleet enqueue calls this for each."""
    upgrade.delay(run, name)
