"""The same migration on many schemas, in several processes."""

from __future__ import annotations

import json
import os
import signal
import threading

import pytest

from alembic_zdt.fleet import heartbeat, upgrade_target
from tests.support.waiting import wait_until

MADE = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'
HERE = 'here = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar()\n'
FAILS = HERE + "if here in {!r}:\n    raise RuntimeError('broken in ' + here)\n" + MADE
# The test's own session has the lock.
WAITS = f'op.execute("SELECT pg_catalog.pg_advisory_xact_lock(7)")\n{MADE}'
BUSY = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    " AND datname = current_database()"
)


def statuses(found):
    return {each["name"]: each["status"] for each in found["targets"]}


def with_async_control(fleet):
    """Let the control database have an async driver, and the project a sync one."""
    url = fleet.db.url("asyncpg").replace("%", "%%")
    text = fleet.project.ini.read_text()
    fleet.project.write(fleet.project.ini, f"{text}url = {url}\n")


@pytest.mark.drivers_by_turns
def test_each_schema_has_the_tables_and_a_version_table(new_fleet, driver):
    """So it has the tables of this package; nothing is in the control schema."""
    fleet = new_fleet(3)
    fleet.project.revision("r1", MADE)
    fleet.project.revision("r2", 'op.create_index_concurrently("ix", "t", ["id"])')

    rc, found = fleet.upgraded("--parallel", "2")

    assert rc == 0, found
    assert statuses(found) == dict.fromkeys(fleet.schemas, "done")
    assert set(fleet.revisions().values()) == {"r2"}
    tables = (
        "SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    )
    for table in ("t", "ix", "alembic_zdt_revision"):
        places = fleet.db.column(f"{tables} WHERE relname = '{table}' ORDER BY 1")
        assert places == sorted(fleet.schemas)
    rc, found = fleet.upgraded()
    assert (rc, found["run"], found["at_goal"]) == (0, "", 3)


def test_target_that_fails_keeps_its_error_and_stops_no_other(new_fleet):
    fleet = new_fleet(4)
    broken = fleet.schemas[1]
    fleet.project.revision("r1", FAILS.format([broken]))

    first = fleet.run("upgrade")
    again = fleet.run("upgrade")

    assert first.rc == 1
    assert "3 done, 1 failed, 0 left" in first.stdout
    assert f"RuntimeError: broken in {broken}" in first.stdout
    # It is not tried again before somebody asks for it.
    assert again.rc == 1
    assert f"RuntimeError: broken in {broken}" in again.stdout
    fleet.project.revision("r1", MADE)
    rc, found = fleet.upgraded("--retry-failed")
    assert (rc, statuses(found)[broken]) == (0, "done")


def test_failures_stop_the_run_and_the_same_command_goes_on(new_fleet):
    fleet = new_fleet(5)
    broken = fleet.schemas[:2]
    fleet.project.revision("r1", FAILS.format(broken))

    options = ("--parallel", "1", "--max-failures", "2")
    rc, found = fleet.upgraded(*options)

    assert (rc, found["reason"]) == (3, "2 targets failed")
    left = [name for name, status in statuses(found).items() if status == "waiting"]
    assert left
    status = fleet.run("status").stdout
    assert "stopped: 2 targets failed" in status
    assert all(f"waiting {name}" in status for name in left)
    rc, found = fleet.upgraded(*options)
    assert rc == 1
    assert sorted(statuses(found).values()) == ["done"] * 3 + ["failed"] * 2


def test_canaries_come_first_and_the_check_may_veto(new_fleet):
    fleet = new_fleet(4)
    fleet.project.revision("r1", MADE)
    canary = fleet.schemas[2]

    vetoed = fleet.upgraded("--canary", canary, "--check", "echo checking; exit 7")

    assert vetoed[0] == 3
    assert vetoed[1]["reason"] == "the check ended with exit code 7"
    assert [k for k, v in fleet.revisions().items() if v] == [canary]
    # The same command judges the canaries again.
    assert fleet.upgraded("--canary", canary, "--check", "exit 8")[0] == 3
    assert [k for k, v in fleet.revisions().items() if v] == [canary]
    marker = fleet.project.folder / "checked"
    rc, _ = fleet.upgraded("--check", f"touch {marker}")
    assert rc == 0
    assert marker.exists()
    assert set(fleet.revisions().values()) == {"r1"}


def test_canary_that_fails_stops_the_run(new_fleet):
    fleet = new_fleet(3)
    fleet.project.revision("r1", FAILS.format(fleet.schemas[:1]))

    rc, found = fleet.upgraded("--canary", "30%")

    assert (rc, found["reason"]) == (3, f'canary "{fleet.schemas[0]}" failed')
    assert fleet.upgraded("--canary", "30%") == (rc, found)
    # A command that leaves the canary out does not let the others begin, either.
    assert fleet.upgraded("--skip", fleet.schemas[0])[0] == 3
    assert set(fleet.revisions().values()) == {None}


@pytest.mark.parametrize("who", ["coordinator", "worker", "session"])
def test_killed_process_loses_no_target(new_fleet, who):
    """A worker is replaced; after the coordinator the same command goes on."""
    fleet = new_fleet(3)
    fleet.project.revision("r1", WAITS)
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        running = fleet.start("upgrade", "--parallel", "2")
        wait_until(lambda: fleet.db.value(BUSY) == 2, "both work", timeout=30)
        second = running
        if who == "coordinator":
            running.popen.kill()  # its workers go on, and have its output
            second = fleet.start("upgrade", "--parallel", "2")
        elif who == "worker":
            workers = "SELECT worker FROM alembic_zdt_fleet_target WHERE worker <> ''"
            killed = fleet.db.column(f"{workers} ORDER BY number")[0]
            os.kill(int(killed.rpartition(":")[2]), signal.SIGKILL)
            wait_until(
                lambda: killed not in fleet.db.column(workers), "another", timeout=30
            )
        else:
            fleet.db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event = 'advisory' AND datname = current_database()"
                " LIMIT 1"
            )
    done = second.wait()

    assert done.rc == (who == "session"), done.output
    if who == "session":
        assert fleet.run("upgrade", "--retry-failed").rc == 0
    assert set(fleet.revisions().values()) == {"r1"}
    applied = "SELECT count(*) FROM alembic_zdt_fleet_target WHERE status = 'done'"
    assert fleet.db.value(applied) == 3


def test_worker_connects_to_the_control_database_again(new_fleet):
    """Its session is lost while a target runs; the driver is an async one."""
    fleet = new_fleet(3)
    with_async_control(fleet)
    fleet.project.revision("r1", WAITS)
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        logs = fleet.project.folder / "logs"
        running = fleet.start("upgrade", "--parallel", "1", "--logs", str(logs))
        wait_until(lambda: fleet.db.value(BUSY) == 1, "one works", timeout=30)
        ending = "SELECT pg_terminate_backend(worker_pid)"
        fleet.db.execute(f"{ending} FROM alembic_zdt_fleet_target WHERE worker_pid > 0")
    done = running.wait()

    assert done.rc == 0, done.output
    assert "3 done, 0 failed" in done.stdout
    (log,) = logs.iterdir()  # of the only worker
    assert "connecting to the control database again" in log.read_text()
    assert set(fleet.revisions().values()) == {"r1"}


def test_interrupt_ends_after_the_present_targets(new_fleet):
    fleet = new_fleet(4)
    fleet.project.revision("r1", WAITS)
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        running = fleet.start("upgrade", "--parallel", "1")
        wait_until(lambda: fleet.db.value(BUSY) == 1, "one works", timeout=30)
        running.interrupt()
        state = "SELECT status FROM alembic_zdt_fleet_run"
        wait_until(
            lambda: fleet.db.value(state) == "stopped", "it is stopped", timeout=30
        )
    done = running.wait()

    assert done.rc == 130
    assert sorted(map(str, fleet.revisions().values())) == ["None"] * 3 + ["r1"]
    assert fleet.run("upgrade").rc == 0


@pytest.mark.parametrize("is_async", [False, True])
def test_second_interrupt_ends_the_present_targets(new_fleet, is_async):
    """With either kind of driver; the same command goes on."""
    fleet = new_fleet(2)
    if is_async:
        with_async_control(fleet)
    fleet.project.revision("r1", WAITS)
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        running = fleet.start("upgrade", "--parallel", "1")
        wait_until(lambda: fleet.db.value(BUSY) == 1, "one works", timeout=30)
        running.interrupt()
        state = "SELECT status FROM alembic_zdt_fleet_run"
        wait_until(
            lambda: fleet.db.value(state) == "stopped", "it is stopped", timeout=30
        )
        assert fleet.db.value(BUSY) == 1
        running.interrupt()
        wait_until(lambda: fleet.db.value(BUSY) == 0, "it is ended", timeout=30)
        done = running.wait()

    assert done.rc == 130, done.output
    assert set(fleet.revisions().values()) == {None}
    assert fleet.run("upgrade").rc == 0
    assert set(fleet.revisions().values()) == {"r1"}


def test_two_coordinators_never_do_one_target_twice(new_fleet):
    """Ctrl-C of the first one does not stop the second, nor do its options count."""
    fleet = new_fleet(4)
    fleet.project.revision("r1", WAITS)
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        first = fleet.start("upgrade", "--parallel", "1")
        wait_until(lambda: fleet.db.value(BUSY) == 1, "one works", timeout=30)
        second = fleet.start("upgrade", "--parallel", "1", "--max-failures", "1")
        wait_until(lambda: fleet.db.value(BUSY) == 2, "both work", timeout=60)
        first.interrupt()
    ends = [each.wait(timeout=120) for each in (first, second)]

    assert [each.rc for each in ends] == [130, 0], [each.output for each in ends]
    assert "waiting for the targets that run" in ends[0].stderr
    row = "SELECT status, options ->> 'max_failures' FROM alembic_zdt_fleet_run"
    assert fleet.db.rows(row) == [("ended", "3")]
    assert set(fleet.revisions().values()) == {"r1"}


def test_two_commands_for_different_targets_at_once(new_fleet):
    """The second one adds its targets to those that the first one has left."""
    fleet = new_fleet(4)
    first, second, other, unnamed = fleet.schemas
    fleet.project.revision("r1", WAITS)
    one = ("--parallel", "1", "--only")
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        begun = fleet.start("upgrade", *one, first, "--only", second)
        wait_until(lambda: fleet.db.value(BUSY) == 1, "one works", timeout=30)
        later = fleet.start("upgrade", *one, other)
        wait_until(lambda: fleet.db.value(BUSY) == 2, "both work", timeout=30)
    ends = [each.wait() for each in (begun, later)]

    assert [each.rc for each in ends] == [0, 0], [each.output for each in ends]
    assert fleet.revisions() == {
        **dict.fromkeys((first, second, other), "r1"),
        unnamed: None,
    }


def test_other_engines_call_upgrade_target(new_fleet):
    """It may be called again, and with a target that is not in the list any more."""
    fleet = new_fleet(2)
    fleet.project.revision("r1", FAILS.format(fleet.schemas))
    _, found = fleet.upgraded("--max-failures", "1", "--parallel", "1")
    (left,) = [n for n, status in statuses(found).items() if status == "waiting"]
    run = found["run"]
    assert upgrade_target(run, left, fleet.project.config()) == "stopped"
    fleet.project.revision("r1", MADE)
    fleet.db.execute(
        "UPDATE alembic_zdt_fleet_run SET status = 'running', failures = 0"
    )

    assert upgrade_target(run, left, fleet.project.config()) == "done"
    assert upgrade_target(run, left, fleet.project.config()) == "done"
    fleet.db.execute(
        "UPDATE alembic_zdt_fleet_run SET status = 'running';"
        "UPDATE alembic_zdt_fleet_target SET status = 'waiting'; DELETE FROM tenants"
    )
    assert upgrade_target(run, left, fleet.project.config()) == "failed"
    error = fleet.db.value(
        f"SELECT error FROM alembic_zdt_fleet_target WHERE name = '{left}'"
    )
    assert error == "it is not in the list of targets any more"


def test_target_that_does_not_answer_fails_alone(new_fleet):
    """Targets may be schemas, or URLs that lead to one; --dry-run changes nothing."""
    fleet = new_fleet(2)
    fleet.project.revision("r1", MADE)
    url = f"{fleet.db.url()}?options=-csearch_path%3D{fleet.schemas[1]}"
    fleet.project.write(
        "targets.toml",
        f"[[targets]]\nname = 'gone'\nurl = 'postgresql://localhost:1/x'\n"
        f"[[targets]]\nname = 'schema'\nschema = '{fleet.schemas[0]}'\n"
        f"[[targets]]\nname = 'url'\nurl = '{url}'\ngroup = 'gold'\n",
    )
    text = fleet.project.ini.read_text().partition("targets_query")[0]
    fleet.project.write(fleet.project.ini, f"{text}targets_file = targets.toml\n")

    planned = fleet.run("upgrade", "--dry-run", "--skip", "gold").ok().stdout
    assert [line.split()[0] for line in planned.splitlines()] == ["gone", "schema", "2"]
    assert set(fleet.revisions().values()) == {None}

    done = fleet.run("upgrade", "--logs", str(fleet.project.folder / "logs"))

    assert done.rc == 1
    assert "2 done, 1 failed, 0 left, 0 not behind" in done.stdout
    assert set(fleet.revisions().values()) == {"r1"}
    logs = "".join(f.read_text() for f in (fleet.project.folder / "logs").iterdir())
    assert "Running upgrade  -> r1" in logs


def test_env_that_connects_elsewhere_runs_nothing(new_fleet):
    fleet = new_fleet(1)
    fleet.project.revision("r1", MADE)
    elsewhere = fleet.db.server.dsn("postgres", driver="psycopg")
    fleet.project.edit_env(
        "config.get_section(config.config_ini_section, {})",
        f"{{'sqlalchemy.url': {elsewhere!r}}}",
    )

    rc, found = fleet.upgraded()

    assert rc == 1
    assert 'env.py connects to the database "postgres"' in found["targets"][0]["error"]
    assert set(fleet.revisions().values()) == {None}


def test_bad_options_change_nothing(new_fleet):
    fleet = new_fleet(1)
    fleet.project.revision("r1", MADE)

    for options, said in (
        (("--soak", "10"), '--soak cannot be "10"'),
        (("--canary", "nobody"), 'canary "nobody" is no target that is behind'),
        (("--phase", "later"), '--phase is "later", which is not a phase'),
        (("--parallel", "0"), "--parallel must be at least 1"),
    ):
        ended = fleet.run("upgrade", *options)
        assert ended.rc == 255
        assert said in ended.output
    assert set(fleet.revisions().values()) == {None}


def test_canaries_of_a_run_that_had_none(new_fleet):
    """The project's own env.py and alembic_zdt.env.run() do the same."""
    fleet = new_fleet(3)
    fleet.project.write(
        fleet.project.env, "from alembic_zdt import env\n\nenv.run(url_variables=())\n"
    )
    first, second, third = fleet.schemas
    fleet.project.revision("r1", FAILS.format([first]))
    fleet.upgraded("--max-failures", "1", "--parallel", "1")
    fleet.project.revision("r1", MADE)

    rc, found = fleet.upgraded("--canary", third, "--check", "exit 4")

    assert (rc, found["reason"]) == (3, "the check ended with exit code 4")
    assert fleet.revisions() == {first: None, second: None, third: "r1"}
    rc, found = fleet.upgraded("--canary", third, "--retry-failed")
    assert rc == 0, found
    assert set(fleet.revisions().values()) == {"r1"}


def test_command_upgrades_only_what_it_names(new_fleet):
    """Other targets of the run that it continues are left alone."""
    fleet = new_fleet(3)
    first, second, third = fleet.schemas
    fleet.project.revision("r1", FAILS.format([first]))
    fleet.upgraded("--max-failures", "1", "--parallel", "1")
    fleet.project.revision("r1", MADE)

    rc, found = fleet.upgraded("--only", second, "--retry-failed")

    assert (rc, statuses(found)) == (0, {second: "done"})
    assert fleet.revisions() == {first: None, second: "r1", third: None}
    # A target that was mended by hand, and one that is not listed any more.
    fleet.db.execute(f"CREATE TABLE {first}.alembic_version (version_num text)")
    fleet.db.execute(f"INSERT INTO {first}.alembic_version VALUES ('r1')")
    fleet.list_targets(first, second)
    assert fleet.upgraded()[0] == 0
    assert fleet.revisions()[third] is None


def test_lease_is_renewed_while_a_target_with_a_schema_runs(
    new_fleet, monkeypatch, caplog
):
    """With the step that runs, and without the passwords in it."""
    monkeypatch.setattr(heartbeat, "_BEAT", 0.02)
    fleet = new_fleet(1)
    fleet.project.revision("r1", "raise SystemExit('not today')")
    _, found = fleet.upgraded("--parallel", "1")
    assert found["targets"][0]["error"] == "SystemExit: not today"
    logs = "__import__('logging').getLogger('alembic_zdt').warning"
    fleet.project.revision("r1", f"{logs}(\"PASSWORD 'secret' of x\")\n{WAITS}")
    name = fleet.schemas[0]
    fleet.db.execute(
        "UPDATE alembic_zdt_fleet_run SET status = 'running', failures = 0;"
        "UPDATE alembic_zdt_fleet_target SET status = 'waiting'"
    )
    config = fleet.project.config()
    call = threading.Thread(target=upgrade_target, args=(found["run"], name, config))
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        call.start()
        step = "SELECT step FROM alembic_zdt_fleet_target"
        wait_until(
            lambda: "***" in (fleet.db.value(step) or ""),
            "the step is noted",
            timeout=30,
        )
        assert "secret" not in fleet.db.value(step)
    call.join()

    status = fleet.db.value("SELECT status FROM alembic_zdt_fleet_target")
    assert (status, "could not renew" in caplog.text) == ("done", False)


def test_faults_of_one_schema_are_not_those_of_its_sibling(new_fleet):
    """A stock build that fails leaves an INVALID index, here while the other runs."""
    fleet = new_fleet(2)
    first, second = fleet.schemas
    fleet.project.revision("r1", MADE)
    fleet.upgraded()
    fleet.db.execute(f"INSERT INTO {first}.t VALUES (1), (8)")
    fleet.db.execute(f"ALTER TABLE {first}.t ADD CONSTRAINT c CHECK (id > 0) NOT VALID")
    build = f"CREATE UNIQUE INDEX CONCURRENTLY ix ON {first}.t ((mod(id, 7)))"
    fleet.project.revision(
        "r2",
        "with op.get_context().autocommit_block():\n"
        f"    try:\n        op.get_bind().exec_driver_sql({build!r})\n"
        "    except sa.exc.IntegrityError:\n        pass",
    )

    rc, found = fleet.upgraded("--only", second)

    assert (rc, statuses(found)) == (0, {second: "done"})
    assert not fleet.db.value(
        f"SELECT indisvalid FROM pg_index WHERE indexrelid = '{first}.ix'::regclass"
    )
    answers = json.loads(fleet.run("doctor", "--json").stdout)["targets"]
    objects = [[f["object"] for f in a["output"]["findings"]] for a in answers]
    assert {f"{first}.ix", f"{first}.t.c"} <= set(objects[0])
    assert not any(str(each).startswith(f"{first}.") for each in objects[1])
    # In the target itself it is an error.
    fleet.db.execute(f"DROP INDEX {first}.ix")
    rc, found = fleet.upgraded("--only", first)
    assert (rc, statuses(found)) == (1, {first: "failed"})
    assert "has left the index" in found["targets"][0]["error"]


def test_events_reach_the_subscribers_of_the_worker(new_fleet):
    """Each names its target."""
    fleet = new_fleet(2)
    first, second = fleet.schemas
    told = fleet.project.folder / "told"
    fleet.project.write(
        "telling.py",
        "from alembic_zdt import events\n"
        "def tell(event):\n"
        f"    with open({str(told)!r}, 'a') as file:\n"
        "        print(type(event).__name__, event.target, file=file)\n"
        "events.subscribe(tell)\n",
    )
    fleet.project.edit_env("import context\n", "import context\nimport telling\n")
    fleet.project.revision("r1", FAILS.format([second]))

    fleet.run("upgrade", "--parallel", "1")

    assert told.read_text().splitlines() == [
        f"RunStarted {first}",
        f"RevisionApplied {first}",
        f"RunFinished {first}",
        f"RunStarted {second}",
        f"RunFailed {second}",
    ]
