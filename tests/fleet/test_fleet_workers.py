"""Workers of a fleet that lose their session, die, or have other code."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from alembic_zdt.errors import UsageError
from alembic_zdt.fleet import upgrade_target
from alembic_zdt.fleet.control import over
from alembic_zdt.fleet.coordinator import FleetUpgrade
from alembic_zdt.fleet.fleet_request import FleetRequest
from alembic_zdt.fleet.target_errors import text_of
from tests.support.roles import role, run_as
from tests.support.waiting import wait_until

MADE = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'
WAITS = f'op.execute("SELECT pg_catalog.pg_advisory_xact_lock(7)")\n{MADE}'
HERE = "here = op.get_bind().exec_driver_sql('SELECT current_schema()').scalar()\n"
BUSY = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    " AND datname = current_database()"
)
SESSIONS = (
    "SELECT worker_pid FROM alembic_zdt_fleet_target"
    " WHERE status = 'running' ORDER BY number"
)
RUN = "SELECT status FROM alembic_zdt_fleet_run"


def enqueued(fleet, *only):
    """Begin a run for a job engine."""
    return FleetUpgrade(fleet.project.config(), FleetRequest(only=only)).enqueue()


def test_worker_keeps_its_target_when_its_session_is_replaced(new_fleet):
    """A third worker, which has nothing to do, does not take the target."""
    fleet = new_fleet(3)
    fleet.project.revision("r1", WAITS)
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        running = fleet.start("upgrade", "--parallel", "3", "--per-server", "2")
        wait_until(lambda: fleet.db.value(BUSY) == 2, "two work", timeout=60)
        lost = fleet.db.column(SESSIONS)
        fleet.db.execute("SELECT pg_terminate_backend(unnest(%s::int[]))", lost)

        def taken_over():
            found = fleet.db.column(SESSIONS)
            assert fleet.db.value(BUSY) == 2
            return len(found) == 2 and not set(found) & set(lost)

        wait_until(taken_over, "both leases have new sessions", timeout=60)
    done = running.wait(timeout=120)

    assert done.rc == 0, done.output
    assert set(fleet.revisions().values()) == {"r1"}


def test_target_that_kills_its_worker_fails_alone(new_fleet):
    fleet = new_fleet(3)
    killer = fleet.schemas[0]
    kill = f"{HERE}if here == {killer!r}:\n    import os\n    os.kill(os.getpid(), 9)\n"
    fleet.project.revision("r1", kill + MADE)

    done = fleet.start("upgrade", "--parallel", "1").wait(timeout=180)

    assert done.rc == 1, done.output
    assert f"failed: {killer}\n  its worker process died 2 times" in done.stdout
    assert fleet.revisions() == {**dict.fromkeys(fleet.schemas, "r1"), killer: None}


def test_worker_that_cannot_begin_is_the_reason(new_fleet):
    fleet = new_fleet(1)
    fleet.project.revision("r1", MADE)
    fleet.project.write(
        "listed.py",
        "import multiprocessing\n\n\n"
        "def targets():\n"
        "    if multiprocessing.parent_process() is not None:\n"
        "        raise RuntimeError('no list in a worker')\n"
        f"    return [{fleet.schemas[0]!r}]\n",
    )
    text = fleet.project.ini.read_text().partition("targets_query")[0]
    fleet.project.write(fleet.project.ini, f"{text}targets = listed:targets\n")

    rc, found = fleet.upgraded("--parallel", "1")

    assert rc == 3
    died = "too many worker processes died"
    assert found["reason"] == f"{died}: RuntimeError: no list in a worker"


def test_upgrade_that_left_its_target_behind_is_not_done(new_fleet):
    """Nor does a worker begin whose project has other revisions than the run."""
    fleet = new_fleet(2)
    fleet.project.revision("r1", MADE)
    config = fleet.project.config()
    run, (name, other) = enqueued(fleet)
    fleet.project.edit_env("context.run_migrations()", "pass")
    assert upgrade_target(run, name, config) == "failed"
    error = fleet.db.value(
        f"SELECT error FROM alembic_zdt_fleet_target WHERE name = '{name}'"
    )
    assert "r1" in error

    fleet.project.revision("r2", MADE)
    with pytest.raises(UsageError, match="is for other revisions"):
        upgrade_target(run, other, config)
    assert upgrade_target(run, name, config) == "failed"


def test_targets_of_an_earlier_enqueue_are_still_upgraded(new_fleet):
    """Those that no command wants any more are given up, and so is an ended run."""
    fleet = new_fleet(3)
    first, second, third = fleet.schemas
    fleet.project.revision("r1", MADE)
    config = fleet.project.config()
    run, _ = enqueued(fleet, first)

    assert enqueued(fleet, second, third) == (run, [first, second, third])
    fleet.db.execute(
        f"UPDATE alembic_zdt_fleet_target SET is_chosen = false WHERE name = '{third}'"
    )

    assert upgrade_target(run, third, config) == "stopped"
    assert upgrade_target(run, first, config) == "done"
    assert upgrade_target(run, second, config) == "done"
    assert fleet.db.value(RUN) == "ended"
    # The worker of the last target died after its last revision.
    fleet.db.execute(
        f"DELETE FROM alembic_zdt_fleet_target WHERE name = '{third}';"
        "UPDATE alembic_zdt_fleet_run SET status = 'running';"
        "UPDATE alembic_zdt_fleet_target SET status = 'running',"
        " worker = 'gone', leased_until = now() - interval '1 hour'"
        f" WHERE name = '{second}'"
    )
    wait_until(
        lambda: enqueued(fleet, second) == ("", []) and fleet.db.value(RUN) == "ended",
        "the run is ended",
        timeout=60,
    )


def test_second_coordinator_waits_for_the_judgement_of_the_first(new_fleet):
    """Its own options, without a check, do not open the gate."""
    fleet = new_fleet(3)
    fleet.project.revision("r1", WAITS)
    canary = fleet.schemas[0]
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        first = fleet.start("upgrade", "--canary", canary, "--check", "exit 7")
        wait_until(lambda: fleet.db.value(BUSY) == 1, "the canary runs", timeout=60)
        second = fleet.start("upgrade")
        number = int.from_bytes(b"zdw", "big")
        watching = f"SELECT count(*) FROM pg_locks WHERE classid = {number}"
        wait_until(lambda: fleet.db.value(watching) == 2, "both watch", timeout=60)
    ends = [each.wait(timeout=120) for each in (first, second)]

    assert [each.rc for each in ends] == [3, 3], [each.output for each in ends]
    for each in ends:
        assert "stopped: the check ended with exit code 7" in each.stdout
    assert [name for name, found in fleet.revisions().items() if found] == [canary]


def test_control_database_with_another_isolation_or_role(new_fleet, db):
    """Leases need READ COMMITTED; a missing right is an error with a hint."""
    option = "options=-cdefault_transaction_isolation%3Dserializable"
    shown = "SHOW transaction_isolation"
    found = over(f"{db.url()}?{option}", lambda c: c.exec_driver_sql(shown).scalar())
    assert found == "read committed"

    fleet = new_fleet(1)
    fleet.project.revision("r1", MADE)
    enqueued(fleet)
    with role(db, "reader") as name:
        db.execute(f"GRANT SELECT ON tenants TO {name}")
        run_as(fleet.project, name)
        for command in (("status",), ("report",), ("upgrade",)):
            ended = fleet.run(*command)
            assert ended.rc == 255, ended.output
            assert "Traceback" not in ended.output
            assert (
                "in the control database" in ended.output
                or "alembic_zdt_fleet" in ended.output
            )


def test_error_of_a_target_has_no_statement_and_no_parameters():
    """They may have the data of the application."""
    values = {"secret": object()}
    for error in (
        sa.exc.StatementError("no", "SELECT :secret", values, ValueError("bad")),
        sa.exc.PendingRollbackError("was: (x) bad\n[SQL: SELECT 'secret']"),
    ):
        assert "bad" in text_of(error)
        assert "secret" not in text_of(error)
