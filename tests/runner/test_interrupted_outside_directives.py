"""Ctrl-C and SIGTERM where no directive runs: before, between and behind them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
from sqlalchemy.engine import make_url

from alembic_zdt.errors import UndefinedObjectError
from tests.support.door import door_held, wait_for_query
from tests.support.messages import error_page
from tests.support.project import ROOT, Running
from tests.support.waiting import wait_until
from tests.support.workflows import PHASES, renaming

SIGNALS = ("SIGINT", "SIGTERM")
HINT = "hint: Run the same command again; finished steps are skipped."
SLEEP = 'op.execute("SELECT pg_sleep(3600)")'
SLEEPING = "SELECT pg_sleep(3600)"
DIRECTIVE = 'op.create_index_concurrently("ix", "users", ["email"])'
USERS = "CREATE TABLE users (id int PRIMARY KEY, email text)"

every_signal = pytest.mark.parametrize("name", SIGNALS)


def send(running, name):
    """Send a signal, and return the end of the command."""
    running.popen.send_signal(signal.Signals[name])
    return running.wait()


def said_once(result, name, first, *, detail):
    """Check that one report is all that the command says of its end."""
    assert result.rc == 128 + signal.Signals[name], result.output
    lines = f"FAILED: interrupted by {name}{first}\ndetail: {detail}\n{HINT}\n"
    assert result.stdout == f"{lines}docs: {error_page('errors')}\n"
    assert "Traceback" not in result.output


@contextmanager
def silent_server(project, db, driver):
    """Let the project connect to a server that never answers; yield its socket."""
    url, ini = make_url(db.url(driver)), project.ini.read_text()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        address = f"@127.0.0.1:{port}/"
        changed = ini.replace(f"@{url.host}:{url.port}/", address)
        assert address in changed
        project.write(project.ini, changed)
        yield server


@pytest.mark.drivers_by_turns
@every_signal
def test_env_py_connects(db, project, driver, name):
    project.revision("r1", DIRECTIVE)
    with silent_server(project, db, driver) as server:
        running = project.start("upgrade", "head")
        with server.accept()[0]:
            result = send(running, name)

    said_once(result, name, " before the first revision", detail="No revision was run.")


@pytest.mark.drivers_by_turns
@every_signal
def test_stock_revision_of_a_project_that_has_directives(db, project, driver, name):
    """It names what is rolled back, which is not only the one that was run."""
    db.execute(USERS)
    project.revision("r1", DIRECTIVE)
    project.revision("r2", 'op.add_column("users", sa.Column("a", sa.Integer))')
    project.revision("r3", SLEEP)
    running = project.start("upgrade", "head")
    wait_for_query(db, SLEEPING, running)
    result = send(running, name)

    said_once(
        result,
        name,
        ' in revision "r3"',
        detail='The transaction of revisions "r1", "r2", "r3" is rolled back.',
    )
    assert db.columns("users") == ["id", "email"]
    assert db.index("ix").is_valid


def test_each_revision_is_committed_by_itself(db, project):
    db.execute(USERS)
    project.configure(transaction_per_migration=True)
    project.revision("r1", DIRECTIVE)
    project.revision("r2", SLEEP)
    running = project.start("upgrade", "head")
    wait_for_query(db, SLEEPING, running)
    result = send(running, "SIGTERM")

    said_once(
        result,
        "SIGTERM",
        ' in revision "r2"',
        detail='The transaction of revision "r2" is rolled back.',
    )
    assert project.current == ["r1"]


def test_gate_waits_for_old_sessions(db, project, monkeypatch):
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    project.settings(old_sessions="wait=1h")
    project.configure(transaction_per_migration=True)
    db.execute(USERS)
    db.execute("INSERT INTO users VALUES (1, 'a')")
    calls = renaming("users", "email", "mail").split("\n")
    for phase, call in zip(PHASES, calls, strict=True):
        project.revision(phase, call)
    with db.background("SELECT pg_sleep(3600)"):
        running = project.start("upgrade", "head")
        wait_for_query(db, "pg_stat_clear_snapshot", running)
        result = send(running, "SIGINT")

    said_once(
        result,
        "SIGINT",
        ' in revision "contract": could not look for old sessions',
        detail="No step of its directives was done.",
    )
    assert project.current == ["migrate"]


@pytest.mark.drivers_by_turns
@every_signal
def test_half_done_downgrade_is_turned_first(db, project, driver, name):
    """Not the revision that Alembic would run next is named."""
    db.execute(USERS)
    refused = 'op.drop_index_concurrently("no", "nothing")'
    project.revision(
        "r1", DIRECTIVE, f'op.drop_index_concurrently("ix", "users")\n{refused}'
    )
    project.upgrade()
    project.revision("r2", 'op.add_column("users", sa.Column("a", sa.Integer))')
    with pytest.raises(UndefinedObjectError):
        project.downgrade("base")
    assert db.indexes("users") == ["users_pkey"]

    with door_held(db, "users"):
        running = project.start("upgrade", "head")
        wait_for_query(db, "CREATE INDEX CONCURRENTLY", running)
        result = send(running, name)

    first = f'FAILED: interrupted by {name} in revision "r1": could not build index'
    assert result.stdout.startswith(first)
    project.upgrade()
    assert db.columns("users") == ["id", "email", "a"]
    assert db.index("ix").is_valid


def test_env_run_waits_for_another_process(db, project):
    """The project names the package in env.py alone."""
    project.write(project.env, "from alembic_zdt import env\n\nenv.run()\n")
    project.revision("r1", SLEEP, op="alembic")
    first = project.start("upgrade", "head")
    wait_for_query(db, SLEEPING, first)
    second = project.start("upgrade", "head")
    wait_for_query(db, "pg_try_advisory_lock", second)
    results = [send(second, "SIGTERM"), send(first, "SIGINT")]

    where = " before the first revision"
    said_once(results[0], "SIGTERM", where, detail="No revision was run.")
    said_once(
        results[1],
        "SIGINT",
        ' in revision "r1"',
        detail='The transaction of revision "r1" is rolled back.',
    )


@every_signal
def test_project_that_does_not_use_the_package_ends_as_it_does_without(
    db, project, forkers, name
):
    project.revision("r1", SLEEP, op="alembic")
    code = "from alembic.config import main; main(['upgrade', 'head'], prog='alembic')"
    ends = []
    for kind in ("with", "without"):
        popen = forkers[kind].start([code], project.folder, dict(os.environ))
        running = Running(popen)
        wait_for_query(db, SLEEPING, running)
        result = send(running, name)
        db.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query = %s",
            SLEEPING,
        )
        ends.append((result.rc, result.stdout, result.stderr.splitlines()[-1:]))

    assert ends[0] == ends[1]
    assert ends[0][0] == -signal.Signals[name]


# ------------------------------------------------------------- before the command


@contextmanager
def own_program(folder, *arguments, path=""):
    """Run ``python -m alembic_zdt`` in an interpreter of its own."""
    popen = subprocess.Popen(
        [sys.executable, "-m", "alembic_zdt", *arguments],
        cwd=folder,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(filter(None, [path, str(ROOT)]))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Running(popen)
    finally:
        popen.kill()
        popen.wait()


@every_signal
def test_package_imports_alembic(tmp_path, name):
    """In front of everything that the package itself could do."""
    fake = tmp_path / "fake" / "alembic"
    fake.mkdir(parents=True)
    reached = tmp_path / "reached"
    (fake / "__init__.py").write_text(
        "import pathlib, signal\n"
        f"pathlib.Path({str(reached)!r}).touch()\n"
        "while True: signal.pause()\n"
    )
    with own_program(tmp_path, "upgrade", path=str(fake.parent)) as running:
        wait_until(reached.exists, "alembic is imported")
        result = send(running, name)

    assert result.rc == 128 + signal.Signals[name]
    assert result.output == f"FAILED: interrupted by {name}\n"


@every_signal
def test_command_reads_its_configuration(tmp_path, name):
    """A pipe without a writer: the read lasts until the signal."""
    ini = tmp_path / "alembic.ini"
    os.mkfifo(ini)
    with own_program(tmp_path, "-c", str(ini), "upgrade") as running:
        with ini.open("w"):  # opened when the program has opened it
            result = send(running, name)

    assert result.rc == 128 + signal.Signals[name]
    assert result.output.startswith(f"FAILED: interrupted by {name}\n")
    assert "Traceback" not in result.output
