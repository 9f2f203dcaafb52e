"""Lint ends, whatever a revision waits for, and says what it has cut off."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import pytest

from alembic_zdt.commands.lint import lint
from alembic_zdt.recording import limits
from alembic_zdt.recording.own_time import OwnClock
from alembic_zdt.recording.time_limit import CutOffError, run_limited

QUERY = 'op.get_bind().execute(sa.text("{}"))'
UPDATE = (
    "WITH done AS (UPDATE users SET age = 0 WHERE age IS NULL RETURNING id) "
    "SELECT count(*) FROM done"
)


@pytest.mark.parametrize(
    "loop",
    [
        f"while {QUERY.format(UPDATE)}.scalar() != 0:\n    pass",
        f"while {QUERY.format('SELECT age FROM users')}.scalar() is None:\n    pass",
        f"while {QUERY.format('SELECT count(*) FROM users')}.scalar() == 0:\n    pass",
        f"while {QUERY.format('UPDATE users SET age = 0')}.rowcount == 0:\n    pass",
        f"while {QUERY.format('SELECT 1')}.fetchall():\n    pass",
        "import time\ntime.sleep(3600)",
        "from time import sleep\nsleep(3600)",
    ],
)
def test_loop_that_waits_for_an_answer_ends(project, loop):
    project.revision("r1", f'{loop}\nop.drop_table("orders")')

    done = lint(project.config())

    assert done.findings[-1].check == "drop-table"
    assert not any("cut off" in left.reason for left in done.unchecked)


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(limits, "_SECONDS", 0.3)


@pytest.mark.parametrize(
    "loop",
    [
        "while True:\n    pass",
        "while True:\n    try:\n        1 / 0\n    except:\n        pass",
        "import select\nselect.select([], [], [], 3600)",
        "import itertools\nfor _ in itertools.count():\n    op.get_bind()",
    ],
)
def test_loop_without_end_is_cut_off(project, short, loop):
    project.revision("r1", f'op.drop_table("orders")\n{loop}')
    project.revision("r2", 'op.drop_table("users")')

    done = lint(project.config())

    assert [found.check for found in done.findings] == ["drop-table", "drop-table"]
    (left,) = done.unchecked
    assert left.reason == (
        "it did not end in time without a database, so it was cut off here"
    )
    assert left.line > done.findings[0].line


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("def again():\n    again()\nagain()", "RecursionError"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("assert False, 'a row is missing'", "AssertionError: a row is missing"),
        ("raise BaseException('x')", "BaseException: x"),
        ("input('sure? ')", "EOFError"),
        ("import asyncio\nraise asyncio.CancelledError", "CancelledError"),
    ],
)
def test_any_error_is_of_that_revision(project, body, reason):
    project.revision("r1", body)
    project.revision("r2", 'op.drop_table("users")')

    done = lint(project.config())

    assert [found.check for found in done.findings] == ["drop-table"]
    (left,) = done.unchecked
    assert left.revision == "r1"
    assert reason in left.reason


def test_many_revisions_without_end_share_the_time(project, monkeypatch):
    monkeypatch.setattr(limits, "_SECONDS", 0.4)
    monkeypatch.setattr(limits, "_FEWER", 0.01)
    monkeypatch.setattr(limits, "_ALL_LONG_ONES", 0.5)
    for number in range(6):
        project.revision(f"r{number}", "while True:\n    pass")
    begin = time.process_time()

    done = lint(project.config())

    assert len(done.unchecked) == 6
    assert time.process_time() - begin < 6 * 0.4


def test_revision_in_another_thread_is_cut_off():
    cut = []

    def run():
        def forever():
            while True:
                pass

        try:
            run_limited(forever, 0.1)
        except CutOffError:
            cut.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert cut == [True]


@pytest.mark.skipif(not OwnClock().is_exact, reason="the system does not count it")
@pytest.mark.parametrize("in_thread", [False, True])
def test_wait_for_a_processor_does_not_count(in_thread):
    """The revision needs less than the limit; others take the processors."""
    cut = []

    def work():
        begin = time.thread_time()
        while time.thread_time() - begin < 0.2:
            pass

    def run():
        try:
            run_limited(work, 0.3)
        except CutOffError:
            cut.append(True)

    spin = [sys.executable, "-c", "while True: pass"]
    with ExitStack() as stack:
        for _ in range(4 * (os.cpu_count() or 1)):
            busy = stack.enter_context(subprocess.Popen(spin))
            stack.callback(busy.kill)
        thread = threading.Thread(target=run)
        if in_thread:
            thread.start()
            thread.join()
        else:
            run()
    assert cut == []
