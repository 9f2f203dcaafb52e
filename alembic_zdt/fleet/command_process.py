"""A process that runs a command on one target after the other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe

from alembic.config import Config

from alembic_zdt.errors import ZdtError
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.fleet.forked_process import (
    Description,
    ForkedProcess,
    at_work,
    when_left,
)
from alembic_zdt.fleet.target_commands import TargetAnswer, TargetCommand, answer
from alembic_zdt.fleet.target_config import pointing_to
from alembic_zdt.fleet.target_errors import ENDS, text_of
from alembic_zdt.fleet.targets import FleetTarget


@dataclass(frozen=True)
class TargetResult:
    """The result of a command on one target.

    Attributes:
        name: the name of the target.
        answer: the answer of the command.
        seconds: how long it took.
    """

    name: str
    answer: TargetAnswer
    seconds: float


class CommandProcess(ForkedProcess):
    """A process that runs a command on the targets that it is told.

    Args:
        config: Alembic's configuration.
        command: the command.
        log: the file for the output of the process; empty to drop it.

    Attributes:
        pipe: the pipe for targets and their results.
    """

    def __init__(self, config: Config, command: TargetCommand, log: str = "") -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        self._name, self._began = "", 0.0
        super().__init__(serve, config, log, theirs, command)
        theirs.close()

    def begin(self, target: FleetTarget, left: float | None) -> None:
        """Let it work on a target.

        Args:
            target: the target.
            left: the seconds that are left for all targets, None for no limit.
        """
        self._name, self._began = target.name, time.monotonic()
        with suppress(OSError):  # it has died, which its result shows
            self.pipe.send((target, left))

    def result(self) -> TargetResult:
        """Return the result for its target, a failure if the process has died."""
        try:
            found: TargetResult = self.pipe.recv()
        except (EOFError, OSError):
            self.join()
            words = f"its process has died with exit code {self.exit_code}"
            answered = TargetAnswer(ExitCode.FAILED, error=words)
            seconds = time.monotonic() - self._began
            return TargetResult(self._name, answered, seconds)
        return found


def serve(
    described: Description, lifeline: Pipe, pipe: Pipe, command: TargetCommand
) -> None:
    """Run a command on each target that comes over a pipe.

    Args:
        described: the configuration.
        lifeline: the end of a pipe that the process outlives for no target.
        pipe: the end of the pipe for targets and results.
        command: the command.
    """
    when_left(lifeline, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with at_work(described) as config:
        while True:
            target, left = pipe.recv()
            pipe.send(_result(config, command, target, left))


def _result(
    config: Config, command: TargetCommand, target: FleetTarget, left: float | None
) -> TargetResult:
    began = time.monotonic()
    try:
        with pointing_to(config, target) as own:
            found = answer(command, own, left)
    except ENDS as error:
        # Errors of click have an attribute of that name, too.
        failure = error if isinstance(error, ZdtError) else None
        code = getattr(failure, "exit_code", ExitCode.FAILED)
        found = TargetAnswer(ExitCode(code), error=text_of(error))
    return TargetResult(target.name, found, time.monotonic() - began)
