"""How far a backfill is, is shown: log lines, or a bar on a terminal."""

from __future__ import annotations

import logging
import os
import pty
import re
import subprocess
import sys

import pytest

from alembic_zdt.backfill import worker
from tests.backfill.tables import COLUMNS, FILLED
from tests.support.project import ROOT
from tests.support.terminal import read_until

CALL = 'op.backfill("users", {"email_lower": "lower(email)"}, pause="20ms")'
BY_KEY = CALL.replace("pause", 'key="id", pause')
STATE = r"users\.email_lower: [\d,]+ rows, \d+ %, [\d,]+ rows/s, \d+ s to go"


def fill(db, rows=3000):
    db.execute(f"CREATE TABLE users (id int PRIMARY KEY, {COLUMNS})")
    db.execute(
        f"INSERT INTO users SELECT n, {FILLED} FROM generate_series(1, {rows}) n"
    )


@pytest.mark.parametrize("call", [CALL, BY_KEY], ids=["by page", "by key"])
@pytest.mark.parametrize("analyzed", [True, False])
def test_log_lines_tell_rows_rate_and_time_left(db, project, caplog, call, analyzed):
    caplog.set_level(logging.INFO, "alembic_zdt")
    fill(db)
    if analyzed:
        db.execute("ANALYZE users")
    project.settings(progress="log", progress_interval="50ms")
    project.revision("a1", call)

    project.upgrade()

    lines = [record.getMessage() for record in caplog.records]
    assert any(re.fullmatch(STATE, line) for line in lines), lines
    shares = [
        int(found[1])
        for found in map(re.compile(r"rows, (\d+) %").search, lines)
        if found
    ]
    assert shares == sorted(shares)
    assert shares[-1] == 100


def test_the_last_line_is_said_however_slow_the_machine(
    db, project, caplog, monkeypatch
):
    """Also when it is time again to look whether somebody has stopped it."""
    monkeypatch.setattr(worker, "_POLL", 0.0)
    caplog.set_level(logging.INFO, "alembic_zdt")
    fill(db, rows=100)
    project.settings(progress="log", progress_interval="1h")
    project.revision("a1", CALL)

    project.upgrade()

    words = "users.email_lower: 100 rows, 100 %"
    assert any(r.getMessage().startswith(words) for r in caplog.records)


def test_terminal_shows_a_bar(db, project):
    fill(db, rows=1000)
    db.execute("ANALYZE users")
    project.settings(progress="auto")
    # So many batches that it lasts longer than a line stays as it is.
    project.revision("a1", CALL.replace("pause", "batch_size=35, pause"))
    master, slave = pty.openpty()

    with subprocess.Popen(
        [sys.executable, "-m", "alembic", "-c", project.ini, "upgrade", "head"],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=slave,
    ) as alembic:
        os.close(slave)
        screen = read_until(master)
    os.close(master)

    assert alembic.returncode == 0, screen
    plain = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", screen)
    assert re.search(rf"━+ {STATE}", plain), plain
