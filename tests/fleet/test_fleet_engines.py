"""A fleet run by job engines, with real workers."""

from __future__ import annotations

import importlib
import json
import re

import pytest

from alembic_zdt.fleet.coordinator import FleetUpgrade
from alembic_zdt.fleet.fleet_request import FleetRequest
from tests.support.job_engines import loggers_kept, procrastinate_of, succeeds
from tests.support.project import ROOT
from tests.support.waiting import wait_until

APP = "examples.procrastinate_fleet.worker.app"
TO = "examples.procrastinate_fleet.worker:enqueue"
MADE = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'
WAITS = f'op.execute("SELECT pg_catalog.pg_advisory_xact_lock(7)")\n{MADE}'
BUSY = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    " AND datname = current_database()"
)
RUN = "SELECT status FROM alembic_zdt_fleet_run"


@pytest.fixture(autouse=True)
def loggers_as_they_were():
    """Celery sets the root logger up for itself, and leaves it so."""
    with loggers_kept():
        yield


@pytest.fixture
def procrastinate(db, project):
    """A function that starts procrastinate's command line; ended with the test."""
    env = {"DATABASE_URL": db.url(None), "PYTHONPATH": str(ROOT)}
    with procrastinate_of(APP, project.folder, env) as start:
        yield start


def test_workers_of_procrastinate_share_a_fleet_and_one_is_killed(
    new_fleet, procrastinate
):
    """Its target goes to another one when the fleet is put into the queue again."""
    fleet = new_fleet(3)
    fleet.project.revision("r1", WAITS)
    assert succeeds(procrastinate("schema", "--apply"))
    handing = ("fleet", "enqueue", "--to", TO)
    env = {"DATABASE_URL": fleet.db.url(None)}

    def enqueue():
        return fleet.project.cli(*handing, module="alembic_zdt", env=env).ok()

    lines = enqueue().stdout.splitlines()
    assert [line.split()[1] for line in lines] == fleet.schemas
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        workers = [procrastinate("worker", "--concurrency=1") for _ in range(2)]
        wait_until(lambda: fleet.db.value(BUSY) == 2, "both work", timeout=60)
        workers[0].kill()
        assert enqueue().stdout.splitlines() == lines
    wait_until(lambda: fleet.db.value(RUN) == "ended", "all are done", timeout=90)

    assert set(fleet.revisions().values()) == {"r1"}
    workers[1].terminate()
    assert succeeds(workers[1])


def test_tasks_of_celery_work_on_a_fleet(new_fleet, monkeypatch):
    from celery.contrib.testing.worker import start_worker

    fleet = new_fleet(2)
    fleet.project.revision("r1", MADE)
    monkeypatch.setenv("BROKER_URL", "memory://")
    monkeypatch.chdir(fleet.project.folder)
    tasks = importlib.import_module("examples.celery_fleet.tasks")
    run, names = FleetUpgrade(fleet.project.config(), FleetRequest()).enqueue()

    with start_worker(tasks.app, perform_ping_check=False):
        for name in names:
            tasks.enqueue(run, name)
        wait_until(lambda: fleet.db.value(RUN) == "ended", "all are done", timeout=60)

    assert set(fleet.revisions().values()) == {"r1"}


def test_pods_of_an_indexed_job_share_a_fleet(new_fleet):
    """Each of them is a coordinator with its own workers."""
    text = (ROOT / "examples/kubernetes/fleet.yaml").read_text()
    assert "completionMode: Indexed" in text
    pods = {int(found) for found in re.findall(r"(?:completions|lelism): (\d)", text)}
    assert len(pods) == 1
    program, command, *arguments = json.loads(re.search(r"command: (\[.*\])", text)[1])
    assert (program, command) == ("alembic-zdt", "fleet")
    fleet = new_fleet(4)
    fleet.project.revision("r1", MADE)

    ended = [each.wait() for each in [fleet.start(*arguments) for _ in range(2)]]

    assert [each.rc for each in ended] == [0, 0], [each.output for each in ended]
    assert set(fleet.revisions().values()) == {"r1"}


def test_run_whose_canaries_are_not_judged_is_not_enqueued(new_fleet):
    """Only a coordinator judges them."""
    fleet = new_fleet(3)
    fleet.project.revision("r1", "raise RuntimeError")
    fleet.upgraded("--canary", "1")

    refused = fleet.run("enqueue")

    assert refused.rc == 255
    assert "are not judged" in refused.output
    assert fleet.db.value(RUN) == "stopped"
