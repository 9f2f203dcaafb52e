"""Faults of a fleet: broken targets among many, and servers that go away."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket

import psycopg
import pytest

from alembic_zdt.fleet import control, target_positions
from alembic_zdt.fleet.targets import FleetTarget
from tests.support.output import parsed
from tests.support.waiting import wait_until
from tools.postgres import Cluster

BUSY = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    " AND datname = current_database()"
)
HOLD = "SELECT pg_advisory_lock(7)"
WAITS = 'op.execute("SELECT pg_catalog.pg_advisory_xact_lock(7)")'
MADE = 'op.execute("CREATE TABLE t (id int)")'
TARGETS = 200


@pytest.fixture
def crowd(new_fleet, db):
    """A fleet of many schemas, three of which have the table already."""
    fleet = new_fleet(0)
    prefix = f"{db.schema}_f"
    fleet.schemas = [f"{prefix}{number}" for number in range(1, TARGETS + 1)]
    db.execute(
        f"DO $$ BEGIN FOR i IN 1..{TARGETS} LOOP"
        f" EXECUTE 'CREATE SCHEMA {prefix}' || i; END LOOP; END $$"
    )
    fleet.list_targets(*fleet.schemas)
    yield fleet
    for start in range(0, TARGETS, 50):  # within the server's table of locks
        names = ", ".join(fleet.schemas[start : start + 50])
        db.execute("SET client_min_messages = warning")
        db.execute(f"DROP SCHEMA {names} CASCADE")
    db.execute("RESET client_min_messages")


def test_many_targets_with_a_few_that_are_broken(crowd):
    """Each failure is named, and the others are done."""
    broken = [crowd.schemas[number] for number in (20, 90, 170)]
    for schema in broken:
        crowd.db.execute(f"CREATE TABLE {schema}.t (id int)")
    crowd.project.revision("r1", MADE)
    options = ("--parallel", "4", "--per-server", "4", "--max-failures", "4")

    done = crowd.start("upgrade", *options).wait(timeout=240)

    assert done.rc == 1, done.output
    assert f"{TARGETS - 3} done, 3 failed, 0 left, 0 not behind" in done.stdout
    assert re.findall(r"^failed: (\S+)$", done.stdout, re.MULTILINE) == broken
    revisions = crowd.revisions()
    assert [name for name, found in revisions.items() if found != "r1"] == broken


@pytest.mark.skipif(
    "ZDT_TEST_DSN" in os.environ, reason="needs a server of its own, not a given one"
)
def test_server_that_ends_in_the_middle_and_one_that_is_away(new_fleet):
    """Their targets fail with the reason, and a later command tries them again."""
    fleet = new_fleet(2)
    near, late = fleet.schemas
    fleet.project.revision("r1", WAITS)
    listed = "[[targets]]\nname = '{}'\nurl = '{}'\nschema = '{}'\n"
    text = fleet.project.ini.read_text().partition("targets_query")[0]
    fleet.project.write(fleet.project.ini, f"{text}targets_file = targets.toml\n")
    away = "postgresql://127.0.0.1:1/away"

    with Cluster() as cluster, psycopg.connect(cluster.dsn(), autocommit=True) as far:
        far.execute(HOLD)
        places = {near: fleet.db.url(), "far": cluster.dsn(), late: away}
        schemas = {"far": "public"}
        lines = [listed.format(n, u, schemas.get(n, n)) for n, u in places.items()]
        fleet.project.write("targets.toml", "".join(lines))
        running = fleet.start("upgrade", "--parallel", "2")
        wait_until(
            lambda: far.execute(BUSY).fetchone() == (1,), "it works there", timeout=60
        )
        os.kill(cluster.pid, signal.SIGQUIT)
        done = running.wait()

    assert done.rc == 1, done.output
    assert "1 done, 2 failed, 0 left, 0 not behind" in done.stdout
    assert "failed: far\n" in done.stdout
    assert re.search(rf"failed: {late}\n.*127\.0\.0\.1", done.stdout)
    assert fleet.revisions() == {near: "r1", late: None}
    linted = fleet.run("lint", "--json", "--skip", "far")
    assert linted.rc == 1  # no finding, and a target whose revisions are unknown
    (unknown,) = parsed("fleet_lint", linted.stdout)["not_asked"]
    assert unknown["name"] == late
    back = (fleet.project.folder / "targets.toml").read_text()
    fleet.project.write("targets.toml", back.replace(away, fleet.db.url()))
    again = fleet.run("upgrade", "--retry-failed", "--skip", "far")
    assert again.rc == 0, again.output
    assert fleet.revisions() == {near: "r1", late: "r1"}


def test_server_that_is_silent_is_asked_once(monkeypatch):
    """Its other databases have the same error, without another wait."""
    monkeypatch.setattr(control, "_PATIENCE", 1.0)
    monkeypatch.setattr(target_positions, "_SILENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"postgresql+psycopg://u@127.0.0.1:{port}"
        targets = [FleetTarget(name, f"{url}/{name}") for name in "abc"]
        found = list(target_positions.positions(targets, "alembic_version"))
        silent.settimeout(0)
        attempts = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                attempts += 1

    assert attempts == 1
    assert len({each.error for each in found}) == 1
    assert found[0].error
