"""A process of a fleet command, which works with the same configuration.

All processes are forked from one that has imported what they need, and that has no
connection and no thread.

https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from alembic.config import Config

from alembic_zdt import registration
from alembic_zdt.runner.config_files import read_config
from alembic_zdt.runner.interruption import reported

Description = dict[str, Any]


class ForkedProcess:
    """A process that calls a function of a module.

    Args:
        function: a function of a module; it gets the description of the configuration,
            its end of the lifeline, and *arguments*.
        config: Alembic's configuration.
        log: the file for the output of the process; empty to drop it.
        arguments: more arguments of the function, which can be pickled.

    Attributes:
        lifeline: the other end of the process's pipe.
    """

    def __init__(
        self, function: Callable[..., None], config: Config, log: str, *arguments: Any
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([function.__module__])
        self.lifeline, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=function, args=(_described(config, log), theirs, *arguments)
        )
        self._process.start()
        theirs.close()

    @property
    def exit_code(self) -> int | None:
        """Return the exit code, None while the process runs."""
        return self._process.exitcode

    @property
    def name(self) -> str:
        """Return the name by which the process leases targets."""
        return worker_name(self._process.pid)

    def last_words(self) -> str:
        """Return the text that the process has sent before its end, empty if none."""
        with suppress(EOFError, OSError):
            if self.lifeline.poll():
                return str(self.lifeline.recv())
        return ""

    def finish(self) -> None:
        """Close the lifeline, after which the process ends."""
        self.lifeline.close()

    def terminate(self) -> None:
        """Interrupt the process."""
        self._process.terminate()

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def join(self) -> None:
        """Wait for the end of the process."""
        self._process.join()


def worker_name(pid: int | None) -> str:
    """Return the name of a process that no other one on another machine has."""
    return f"{socket.gethostname()}:{pid}"


def _described(config: Config, log: str) -> Description:
    path = config.config_file_name or getattr(config, "toml_file_name", None)
    return {
        "path": str(Path(path or "alembic.ini").absolute()),
        "section": config.config_ini_section,
        "arguments": list(getattr(config.cmd_opts, "x", None) or ()),
        "log": log or os.devnull,
    }


@contextmanager
def at_work(described: Description) -> Iterator[Config]:
    """Yield the configuration in a forked process, and report its interruption.

    Args:
        described: the description that the process was started with.
    """
    os.setsid()  # Ctrl-C is for the process that started this one
    _write_to(described["log"])
    registration.announce()
    config = read_config(Path(described["path"]))
    config.config_ini_section = described["section"]
    config.cmd_opts = Namespace(x=described["arguments"])
    with reported():
        yield config


def when_left(lifeline: Pipe, act: Callable[[], object]) -> None:
    """Call a function in a thread when the other end of a pipe is closed.

    Args:
        lifeline: the process's end of the pipe.
        act: the function.
    """

    def wait() -> None:
        with suppress(EOFError, OSError):
            lifeline.recv()
        act()

    threading.Thread(target=wait, daemon=True).start()


def _write_to(path: str) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
