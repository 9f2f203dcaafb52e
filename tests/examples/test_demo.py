"""The demo measures changes that were made, and shows what the guard would stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import make_url

from examples.shop.changes import CHANGES
from tests.benchmarks.scripts import rows_of, run_python
from tests.support.project import ROOT
from tests.support.roles import PASSWORD, role

CHECKS = ("create-index", "add-unique", "add-check", "add-foreign-key", "set-not-null")
QUICK = ("--reader-seconds=0.5",)
IMPATIENT = """
import sys
from examples.shop import demo
demo.CONTROL_SECONDS, demo.PAUSE = 0.2, 0.05
demo.RATE = 50
sys.exit(demo.main(sys.argv[1:]))
"""


@pytest.fixture
def owner(db):
    """A role of one test, which owns what its demo creates on the server."""
    with role(db, "demo", "SUPERUSER") as name:
        yield name


@pytest.fixture
def url(db, owner):
    """Where the demo of one test connects to."""
    server = make_url(db.server.dsn("postgres", "psycopg"))
    return server.set(username=owner, password=PASSWORD).render_as_string(
        hide_password=False
    )


def databases(db, owner):
    """What the demo has created on the server."""
    return db.column(
        "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = %s", owner
    )


@pytest.mark.slow
def test_both_halves_make_every_change(db, owner, url, tmp_path):
    """The table stays, the guard's messages are shown, and a picture is written."""
    file = tmp_path / "demo.svg"

    ended = run_python(
        db, "-c", IMPATIENT, *QUICK, f"--svg={file}", ROWS="2000", ZDT_DATABASE_URL=url
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    for change in CHANGES:
        quiet, busy = rows_of(ended.stdout, change.title)[-2:]
        assert len(quiet) == len(busy) == 8
        assert quiet[3] == busy[6] == "0"  # errors
    stopped = "  the guard would stop this: unsafe ({}): "
    assert all(ended.stdout.count(stopped.format(check)) == 1 for check in CHECKS)
    assert "The guard is off for this half (alembic -x zdt.guard=off)." in ended.stdout
    assert "up to 10,000 rows pass." in ended.stdout
    assert "Measured here: " in ended.stdout
    drawn = file.read_text().replace("&#160;", " ")
    assert all(change.title in drawn for change in CHANGES)
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "").replace(
        "https://www.textualize.io", ""
    )
    assert databases(db, owner) == []


@pytest.mark.slow
def test_change_that_is_not_made_ends_the_demo(db, owner, url):
    """With exit code 1, the change's name, and no table."""
    impossible = IMPATIENT.replace(
        "demo.CONTROL",
        "import dataclasses\n"
        "demo.CHANGES = [dataclasses.replace(demo.CHANGES[0], proof='false')]\n"
        "demo.CONTROL",
        1,
    )

    ended = run_python(db, "-c", impossible, ROWS="1000", ZDT_DATABASE_URL=url)

    assert ended.returncode == 1
    title = CHANGES[0].title
    failed = f"FAILED: Alembic's own operations, {title}: the catalog does not show"
    assert failed in ended.stdout
    assert "longest wait" not in ended.stdout
    assert databases(db, owner) == []


@pytest.mark.slow
def test_ctrl_c_cleans_up(db, owner, url):
    """While the shop is filled."""
    with subprocess.Popen(
        [sys.executable, "-m", "examples.shop.demo"],
        cwd=ROOT,
        env=os.environ | {"ZDT_DATABASE_URL": url, "ROWS": "9000000"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        db.wait_until(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = %s"
            " AND query ~ 'INSERT INTO')",
            owner,
            timeout=60,
        )
        program.send_signal(signal.SIGINT)
        output, _ = program.communicate(timeout=60)

    assert program.returncode == 130
    assert "interrupted; everything is cleaned up" in output
    assert databases(db, owner) == []


def test_bad_number_of_rows_is_an_error(db):
    """Before anything is created."""
    ended = run_python(db, "-m", "examples.shop.demo", ROWS="12")

    assert ended.returncode == 1
    message = 'FAILED: ROWS is "12"; it takes a number of orders from 1000 up\n'
    assert ended.stdout == message
