"""Record which test executes which lines of the package, in every process.

Each interpreter calls ``begin()`` when it starts.  In the process of pytest each test
is a context of coverage (``tools.test_contexts`` is the plugin); a process that a test
starts or forks records its lines for the test that runs at that moment.  Each process
adds one line of JSON to a file, because many small data files take long to combine.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import os
import signal
from collections import defaultdict
from pathlib import Path
from typing import Any

from coverage import Coverage

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "ZDT_EXECUTED_LINES"
CURRENT, LINES = "current", "lines.jsonl"
HOOK = "from tools.executed_lines import begin\nbegin()\n"
"""The text of a ``sitecustomize`` module, which each interpreter imports."""

# Such a warning would fail a test, and the first is the rule for a short command.
_WARNINGS = ("no-data-collected", "module-not-measured", "already-imported")


class Recorder:
    """The lines that this process executes.

    Args:
        folder: where to save them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._coverage = self._started()

    def _started(self) -> Coverage:
        coverage = Coverage(
            data_file=None,
            config_file=False,
            include=[f"{ROOT}/alembic_zdt/*"],
            concurrency=["thread", "greenlet"],
            context=self._current(),
        )
        coverage.set_option("run:disable_warnings", list(_WARNINGS))
        coverage.start()
        return coverage

    def _current(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self._folder / CURRENT).read_text()
        return ""

    def restart(self) -> None:
        """Forget what the parent process executed."""
        self._coverage.stop()
        self._coverage = self._started()

    def enter(self, test: str) -> None:
        """Record for another test, also in the processes that start now."""
        (self._folder / CURRENT).write_text(test)
        self._coverage.switch_context(test)

    def save(self) -> None:
        """Add the lines to the file."""
        self._coverage.stop()
        text = json.dumps(self._found())
        if not self._folder.exists():  # the run is over
            return
        with (self._folder / LINES).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(f"{text}\n")

    def _found(self) -> dict[str, dict[str, list[int]]]:
        data = self._coverage.get_data()
        found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for path in data.measured_files():
            name = str(Path(path).relative_to(ROOT))
            for line, tests in data.contexts_by_lineno(path).items():
                for test in tests:
                    found[test][name].append(line)
        return found


recorders: list[Recorder] = []


def begin() -> None:
    """Record the lines of this process and of its forks."""
    if FOLDER not in os.environ or recorders:
        return
    recorder = Recorder(Path(os.environ[FOLDER]))
    recorders.append(recorder)
    atexit.register(recorder.save)
    os.register_at_fork(after_in_child=recorder.restart)
    _save_before_the_end(recorder)


def _save_before_the_end(recorder: Recorder) -> None:
    """Save where a process ends without ``atexit``."""
    leave, kill = os._exit, os.kill

    def save_and_leave(code: int) -> Any:
        recorder.save()
        leave(code)

    def save_and_kill(pid: int, number: int) -> None:
        if pid == os.getpid() and signal.getsignal(number) == signal.SIG_DFL:
            recorder.save()
        kill(pid, number)

    os._exit, os.kill = save_and_leave, save_and_kill  # type: ignore[assignment]
