"""Run one command on each target of a fleet, in several processes.

The commands change no state of a fleet, so that an interruption ends them at once.
A process that dies fails its target alone, and is replaced.

https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.wait
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection
from typing import Any

from alembic.config import Config

from alembic_zdt.fleet.command_process import CommandProcess, TargetResult
from alembic_zdt.fleet.fleet_request import refuse_none
from alembic_zdt.fleet.fleet_settings import fleet_settings
from alembic_zdt.fleet.target_commands import TargetCommand
from alembic_zdt.fleet.targets import FleetTarget, chosen, targets_of

Told = Callable[[TargetResult], None]


def on_each_target(
    config: Config,
    command: TargetCommand,
    told: Told,
    *,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    parallel: int = 4,
) -> list[TargetResult]:
    """Run a command on each target, and return the results in the order of the list.

    Args:
        config: Alembic's configuration.
        command: the command.
        told: a function that gets each result at once.
        only: patterns of the targets; empty for all.
        skip: patterns of targets to leave out.
        parallel: the number of processes.

    Raises:
        UsageError: the list of targets or a number cannot be used.
        CannotConnectError: the control database does not answer.
        KeyboardInterrupt: the user has interrupted it, and the processes, too.
    """
    refuse_none("--parallel", parallel)
    targets = chosen(targets_of(config, fleet_settings(config)), only, skip)
    found: dict[str, TargetResult] = {}
    pool = _Pool(config, command, parallel)
    try:
        for each in pool.results(deque(targets)):
            found[each.name] = each
            told(each)
    finally:
        pool.end()
    return [found[each.name] for each in targets]


class _Pool:
    """The processes of one command.

    Args:
        config: Alembic's configuration.
        command: the command.
        size: the largest number of processes.
    """

    def __init__(self, config: Config, command: TargetCommand, size: int) -> None:
        self._config, self._command, self._size = config, command, size
        self._began = time.monotonic()
        self._idle: list[CommandProcess] = []
        self._busy: dict[Any, CommandProcess] = {}

    def results(self, waiting: deque[FleetTarget]) -> Iterator[TargetResult]:
        """Yield the result of each target when it has ended."""
        while waiting or self._busy:
            while waiting and len(self._busy) < self._size:
                self._begin(waiting.popleft())
            for pipe in connection.wait([*self._busy]):
                yield self._result(self._busy.pop(pipe))

    def _begin(self, target: FleetTarget) -> None:
        new = CommandProcess(self._config, self._command) if not self._idle else None
        process = new or self._idle.pop()
        self._busy[process.pipe] = process
        process.begin(target, self._left)

    @property
    def _left(self) -> float | None:
        """Return the seconds that are left for all targets."""
        if self._command.seconds is None:
            return None
        return self._command.seconds - (time.monotonic() - self._began)

    def _result(self, process: CommandProcess) -> TargetResult:
        found = process.result()
        if process.exit_code is None:
            self._idle.append(process)
        return found

    def end(self) -> None:
        """Interrupt the processes, and kill them at another Ctrl-C."""
        left = [*self._idle, *self._busy.values()]
        try:
            for each in left:
                each.terminate()
            for each in left:
                each.join()
        except KeyboardInterrupt:
            for each in left:
                each.kill()
            raise
