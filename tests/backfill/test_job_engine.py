"""The examples of job engines, with real workers."""

from __future__ import annotations

import importlib
import json
import os
import re

import pytest

from tests.backfill.queues import MANY, rows_done, status
from tests.support.job_engines import loggers_kept, procrastinate_of, succeeds
from tests.support.project import ROOT

APP = "examples.procrastinate_worker.worker.app"
LEASED = (
    "SELECT count(DISTINCT worker) FROM alembic_zdt_backfill_slice"
    " WHERE NOT is_done AND rows_done > 0"
)


@pytest.fixture(autouse=True)
def loggers_as_they_were():
    """Celery sets the root logger up for itself, and leaves it so."""
    with loggers_kept():
        yield


@pytest.fixture
def procrastinate(db, held):
    """A function that starts procrastinate's command line; ended with the test."""
    paths = os.pathsep.join((str(ROOT), str(held.folder)))
    env = {"DATABASE_URL": db.url(None), "PYTHONPATH": paths, "SECONDS_PER_JOB": "1"}
    with procrastinate_of(APP, held.folder, env) as start:
        yield start


def test_three_workers_share_a_backfill_and_one_is_killed(db, procrastinate):
    assert succeeds(procrastinate("schema", "--apply"))
    look = ("defer", "look_for_backfills", '{"timestamp": 0}')
    assert succeeds(procrastinate(*look))
    workers = [procrastinate("worker", "--concurrency=1") for _ in range(3)]
    db.wait_until(f"({LEASED}) = 3", timeout=60)

    workers[0].kill()
    db.execute("CREATE TABLE gate ()")
    db.wait_until("(SELECT status FROM alembic_zdt_backfill) = 'finished'", timeout=60)

    assert status(db) == "finished"
    assert rows_done(db) == MANY
    assert db.value("SELECT sum(rows_done) FROM alembic_zdt_backfill_slice") == MANY
    for worker in workers[1:]:
        worker.terminate()
        assert succeeds(worker)


def test_tasks_of_celery_work_on_it(db, queued, monkeypatch):
    from celery.contrib.testing.worker import start_worker

    monkeypatch.setenv("DATABASE_URL", db.url())
    monkeypatch.setenv("BROKER_URL", "memory://")
    tasks = importlib.import_module("examples.celery_worker.tasks")

    with start_worker(tasks.app, perform_ping_check=False):
        tasks.look.delay()
        db.wait_until(
            "(SELECT status FROM alembic_zdt_backfill) = 'finished'", timeout=60
        )

    assert rows_done(db) == MANY


def test_a_pod_of_kubernetes_works_on_it(db, queued):
    text = (ROOT / "examples/kubernetes/backfill.yaml").read_text()
    found = re.search(r"command: (\[.*\])", text)
    program, *arguments = json.loads(found[1])
    assert program == "alembic-zdt"

    queued.cli(*arguments, module="alembic_zdt").ok()

    assert status(db) == "finished"
