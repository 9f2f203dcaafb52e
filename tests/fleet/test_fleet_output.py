"""The live table of a run on a terminal, and its page of HTML."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from alembic_zdt.fleet.fleet_report import report
from tests.support.terminal import ROOT, read_until

HERE = "here = op.get_bind().exec_driver_sql('SELECT current_schema()').scalar()\n"


def test_terminal_shows_a_table_while_targets_run(new_fleet):
    """What runs, what has failed and how many are left; then only the summary."""
    fleet = new_fleet(3)
    first, second, _ = fleet.schemas
    fleet.project.revision(
        "r1",
        f"{HERE}if here == {first!r}:\n    raise RuntimeError('[/]broken')\n"
        "op.execute('SELECT pg_catalog.pg_advisory_xact_lock(7)')",
    )
    command = ["-c", str(fleet.project.ini), "fleet", "upgrade", "--parallel", "1"]
    master, slave = pty.openpty()
    with fleet.db.session() as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        running = subprocess.Popen(
            [sys.executable, "-m", "alembic_zdt", *command],
            cwd=fleet.project.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "160"},
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=subprocess.DEVNULL,
        )
        os.close(slave)
        screen = read_until(master, "0 done, 1 running, 1 failed, 1 left")
    after = read_until(master)
    os.close(master)

    assert running.wait() == 1
    assert "RuntimeError: [/]broken" in screen
    assert second in screen
    assert "2 done, 1 failed, 0 left, 0 not behind" in after


def test_report_is_one_page_that_quotes_everything(new_fleet):
    fleet = new_fleet(2)
    first, second = fleet.schemas
    assert "<p>there was no run</p>" in report(fleet.project.config())
    fleet.project.revision(
        "r1", f"{HERE}if here == {first!r}:\n    raise RuntimeError('<b>&')"
    )
    fleet.upgraded()
    path = fleet.project.folder / "fleet.html"

    assert fleet.run("report", "-o", str(path)).rc == 0

    page = path.read_text()
    assert page == fleet.run("report").ok().stdout
    assert "RuntimeError: &lt;b&gt;&amp;" in page
    assert "<b>" not in page
    assert page.index(first) < page.index(second)
    assert "1 done" in page
    assert "1 failed" in page
    assert "http" not in page
