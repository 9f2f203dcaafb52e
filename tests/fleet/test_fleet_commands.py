"""Commands for one database, run on each target of a fleet."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.support.output import parsed
from tests.support.waiting import wait_until

MODELS = """
metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
MADE = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'
BUSY = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    " AND datname = current_database()"
)


def asked(fleet, *arguments):
    """Its exit code, and the answer for each target."""
    found = fleet.run(*arguments, "--json")
    assert found.stdout.startswith("{"), found.output
    answers = parsed(f"fleet_{arguments[0]}_each", found.stdout)["targets"]
    kind = {"backfill": "backfill_status"}.get(arguments[0], arguments[0])
    for each in answers:
        if each["output"] is not None:
            parsed(kind, json.dumps(each["output"], indent=2))
    return found.rc, {each["name"]: each for each in answers}


def test_each_target_is_asked_by_its_schema(new_fleet):
    """One that is behind, and one whose schema has an invalid index."""
    fleet = new_fleet(3)
    first, second, behind = fleet.schemas
    fleet.project.models(MODELS)
    fleet.project.revision("r1", MADE)
    fleet.upgraded("--skip", behind)
    fleet.project.revision("r2", 'op.create_index("ix", "t", ["id"])')

    rc, plan = asked(fleet, "plan", "r1")
    assert rc == 0
    assert [each["summary"].partition(",")[0] for each in plan.values()] == [
        *("0 revisions", "0 revisions", "1 revision")
    ]
    (planned,) = plan[behind]["output"]["revisions"]
    assert planned["revision"] == "r1"

    rc, waited = asked(fleet, "wait", "--timeout", "0s", "--only", first)
    assert (rc, waited[first]["exit_code"]) == (255, 255)
    assert "the database is not ready for this code" in waited[first]["error"]

    fleet.project.scripts()[1].unlink()
    text = fleet.run("check")
    assert text.rc == 255
    lines = sorted(text.stdout.splitlines())
    assert [line.split()[:2] for line in lines if " s: " in line] == [
        ["failed", behind],
        *(["ok", name] for name in sorted([first, second])),
    ]
    assert "Target database is not up to date" in text.stdout
    assert "3 targets: 2 ok, 1 failed" in text.stdout
    assert asked(fleet, "wait", "--skip", behind)[0] == 0


def test_doctor_and_lint_of_a_fleet(new_fleet):
    fleet = new_fleet(2)
    first, _ = fleet.schemas
    fleet.project.revision("r1", MADE)
    fleet.upgraded("--only", first)
    fleet.project.revision("r2", 'op.create_index("ix", "t", ["id"])')
    fleet.upgraded("--only", first)
    fleet.project.revision("r3", "pass")

    rc, found = asked(fleet, "doctor", "--parallel", "2")
    assert rc in {0, 1}
    assert all("server-version" in each["output"]["checked"] for each in found.values())

    # r3 is the only one that the first target lacks.
    linted = fleet.run("lint", "--json")
    assert linted.rc == 2
    output = parsed("fleet_lint", linted.stdout)["output"]
    findings = parsed("lint", json.dumps(output, indent=2))["findings"]
    assert {each["revision"] for each in findings} == {"r1", "r2"}
    assert fleet.run("lint", "--only", first).rc == 0


def test_backfills_of_each_target_are_run(new_fleet, driver):
    """The project may have an async driver."""
    fleet = new_fleet(2)
    fleet.project.revision(
        "r1",
        'op.create_table("t", sa.Column("id", sa.Integer,'
        ' primary_key=True), sa.Column("n", sa.Integer))\n'
        'op.execute("INSERT INTO t SELECT generate_series(1, 10)")',
    )
    fleet.project.revision("r2", 'op.backfill("t", {"n": "id"}, mode="background")')
    fleet.upgraded()

    rc, found = asked(fleet, "backfill", "run", "--max-seconds", "60")

    assert rc == 0, found
    for name, each in found.items():
        assert each["summary"] == "1 of 1 backfill finished"
        assert each["output"]["backfills"][0]["rows_done"] == 10
        assert fleet.db.value(f"SELECT count(*) FROM {name}.t WHERE n = id") == 10


@pytest.mark.parametrize("who", ["worker", "coordinator", "ctrl-c"])
def test_ended_process_leaves_no_other_behind(new_fleet, who):
    """A worker fails its target alone; no process works on without the command."""
    fleet = new_fleet(3)
    fleet.project.revision("r1", MADE)
    connected = "connectable.connect() as connection:"
    waits = "SELECT pg_advisory_xact_lock(7), pg_advisory_unlock_all()"
    pids = fleet.project.folder / "pids"
    fleet.project.edit_env(
        f"    with {connected}\n",
        f"    import os, pathlib\n    pathlib.Path({str(pids)!r}).open('a').write("
        f"f'{{os.getpid()}} ')\n    with {connected}\n"
        f"        connection.exec_driver_sql({waits!r})\n",
    )
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        running = fleet.start("plan", "--parallel", "2")
        wait_until(lambda: fleet.db.value(BUSY) == 2, "both work", timeout=30)
        if who == "worker":
            os.kill(int(pids.read_text().split()[0]), signal.SIGKILL)
        elif who == "coordinator":
            running.popen.kill()
        else:
            running.interrupt()
        if who != "worker":
            wait_until(lambda: fleet.db.value(BUSY) == 0, "they end", timeout=30)
    done = running.wait()

    assert done.rc == {"coordinator": -signal.SIGKILL, "ctrl-c": 130}.get(who, 255)
    if who == "worker":
        assert "its process has died with exit code -9" in done.stdout
        assert "3 targets: 2 ok, 1 failed" in done.stdout
