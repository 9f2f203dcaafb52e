"""A process that upgrades the targets of a run, one after the other.

It ends after its present target when the process that started it ends.

https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from argparse import Namespace
from contextlib import suppress
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from alembic.config import Config

from alembic_zdt import registration
from alembic_zdt.connection.database import Database
from alembic_zdt.fleet.control import over
from alembic_zdt.fleet.one_target import TargetWork
from alembic_zdt.runner.config_files import read_config
from alembic_zdt.runner.interruption import reported


class WorkerProcess:
    """A worker of a run.

    All workers are forked from one process that has imported what they need, and that
    has no connection and no thread.

    Args:
        config: Alembic's configuration.
        run_id: the run.
        log: the file for the output of the worker; empty to drop it.
    """

    def __init__(self, config: Config, run_id: str, log: str = "") -> None:
        path = config.config_file_name or getattr(config, "toml_file_name", None)
        described = {
            "path": str(Path(path or "alembic.ini").absolute()),
            "section": config.config_ini_section,
            "arguments": list(getattr(config.cmd_opts, "x", None) or ()),
            "run": run_id,
            "log": log or os.devnull,
        }
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        self._lifeline, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=work, args=(described, theirs)
        )
        self._process.start()
        theirs.close()

    @property
    def exit_code(self) -> int | None:
        """Return the exit code, None while the process runs."""
        return self._process.exitcode

    def finish(self) -> None:
        """Let the process end after its present target."""
        self._lifeline.close()

    def terminate(self) -> None:
        """Let the process end at once; its target waits again."""
        self._process.terminate()

    def join(self) -> None:
        """Wait for the end of the process."""
        self._process.join()


def work(described: dict[str, Any], lifeline: Pipe) -> None:
    """Work until no target is left, or until the other end of *lifeline* is closed.

    Args:
        described: the configuration, the run and the file for the output.
        lifeline: the worker's end of a pipe.
    """
    os.setsid()  # Ctrl-C is for the coordinator alone
    _write_to(described["log"])
    go_on = threading.Event()
    go_on.set()
    threading.Thread(target=_wait_for_end, args=(lifeline, go_on), daemon=True).start()
    registration.announce()
    config = read_config(Path(described["path"]))
    config.config_ini_section = described["section"]
    config.cmd_opts = Namespace(x=described["arguments"])
    with reported():
        targets = TargetWork(config, described["run"])
        over(targets.url, lambda connection: targets.all(Database(connection), go_on))


def _write_to(path: str) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")


def _wait_for_end(lifeline: Pipe, go_on: threading.Event) -> None:
    with suppress(EOFError, OSError):
        lifeline.recv()
    go_on.clear()
