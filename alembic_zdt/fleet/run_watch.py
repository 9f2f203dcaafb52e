"""A look at the tables of a run until it ends or is stopped, with its workers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from alembic.config import Config

from alembic_zdt.fleet.fleet_request import FleetRequest
from alembic_zdt.fleet.fleet_run import RUNNING, STOPPED, WAITING, FleetRun, TargetRow
from alembic_zdt.fleet.forked_process import ForkedProcess
from alembic_zdt.fleet.run_tables import RunTables
from alembic_zdt.fleet.worker_process import work
from alembic_zdt.printable import counted

Told = Callable[[TargetRow], None]
Shown = Callable[[Mapping[str, int], Sequence[TargetRow]], None]

_POLL = 0.2
_MOST_CRASHES = 5


class RunWorkers:
    """The worker processes of a run; one that dies is replaced.

    Args:
        config: Alembic's configuration.
        request: what the user asked for.

    Attributes:
        run: the run, None before it has begun.
    """

    def __init__(self, config: Config, request: FleetRequest) -> None:
        self._config, self._request = config, request
        self.run: FleetRun | None = None
        self._running: list[ForkedProcess] = []
        self._started = self._crashes = 0

    def keep(self, wanted: int) -> bool:
        """Start processes until *wanted* run, and return False if too many died."""
        for worker in [*self._running]:
            if worker.exit_code is not None:
                self._running.remove(worker)
                self._crashes += bool(worker.exit_code)
        if self._crashes >= _MOST_CRASHES:
            return False
        while self.run and len(self._running) < min(wanted, self._request.parallel):
            self._started += 1
            log = self._log(self.run.id)
            self._running.append(ForkedProcess(work, self._config, log, self.run.id))
        return True

    def _log(self, run_id: str) -> str:
        folder = self._request.logs
        if folder is None:
            return ""
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder / f"worker-{run_id}-{self._started}.log")

    def end(self) -> None:
        """End all processes after their present targets."""
        for worker in self._running:
            worker.finish()
        for worker in self._running:
            worker.join()

    def end_patiently(self) -> None:
        """End all processes after their present targets, or at once at a Ctrl-C."""
        try:
            with self.terminated_by_interrupt():
                self.end()
        except KeyboardInterrupt:
            self.end()
            raise

    @contextmanager
    def terminated_by_interrupt(self) -> Iterator[None]:
        """Interrupt all processes if the body is interrupted."""
        try:
            yield
        except KeyboardInterrupt:
            for worker in self._running:
                worker.terminate()
            raise


class RunWatch:
    """A look at the tables of a run until it ends or is stopped.

    Args:
        tables: the tables of all runs.
        run: the run.
        request: what the user asked for.
        workers: the worker processes.
        told: a function that gets each target when it has ended.
        shown: a function that gets the state of the run again and again: the number of
            targets by status, and those that run or have failed.  None for no function.

    Attributes:
        run: the run.
        reason: why it was stopped, empty if it was not.
    """

    def __init__(
        self,
        tables: RunTables,
        run: FleetRun,
        request: FleetRequest,
        workers: RunWorkers,
        told: Told,
        shown: Shown | None = None,
    ) -> None:
        self._tables, self._request = tables, request
        self.run, self.reason = run, ""
        self._workers, self._told, self._shown = workers, told, shown
        ended = tables.targets(run.id, "status IN ('done', 'failed')")
        self._known = {each.name for each in ended}

    def until_the_end(self) -> None:
        """Return when no further target is to be begun; some may still run."""
        self.reason = self._canaries() or self._until(self._is_over)
        if self.reason:
            self._tables.set_status(self.run.id, STOPPED, self.reason)

    def _canaries(self) -> str:
        """Return why the other targets must not follow, empty if they may."""
        if self._tables.awaits_canaries(self.run.id):
            reason = self._until(self._are_canaries_over) or self._judged()
            if reason:
                return reason
        self._tables.release_others(self.run.id)
        return ""

    def _judged(self) -> str:
        failed = self._tables.targets(
            self.run.id, "is_canary AND is_chosen AND status = 'failed'"
        )
        if failed:
            return f'canary "{failed[0].name}" failed'
        self._tables.database.sleep(self._request.soak)
        if not self._request.check:
            return ""
        done = subprocess.run(self._request.check, shell=True, check=False)  # noqa: S602  # the user's own command
        if done.returncode:
            return f"the check ended with exit code {done.returncode}"
        return ""

    def _until(self, is_over: Callable[[], bool]) -> str:
        while True:
            self.tell(self._tables)
            if is_over():
                return ""
            reason = self._stopped()
            if reason:
                return reason
            counts = self._tables.counts(self.run.id)
            if self._shown is not None:
                open_ones = "is_chosen AND status IN ('running', 'failed')"
                self._shown(counts, self._tables.targets(self.run.id, open_ones))
            left = counts.get(WAITING, 0) + counts.get(RUNNING, 0)
            if not self._workers.keep(left):
                return "too many worker processes died"
            self._tables.database.sleep(_POLL)

    def _stopped(self) -> str:
        """Return why no further target is begun, empty if the run goes on."""
        run = self._tables.run(self.run.id)
        if run is None:
            return "its row is gone"
        if run.status != RUNNING:
            return run.reason or "another process has ended it"
        failures = self._tables.failures(self.run.id)
        if failures >= run.options.max_failures:
            return f"{counted(failures, 'target')} failed"
        return ""

    def _are_canaries_over(self) -> bool:
        counts = self._tables.counts(self.run.id, canaries=True)
        return not counts.keys() & {WAITING, RUNNING}

    def _is_over(self) -> bool:
        return not self._tables.counts(self.run.id).keys() & {WAITING, RUNNING}

    def tell(self, tables: RunTables) -> None:
        """Tell of each target that has ended since the last call.

        Args:
            tables: the tables of all runs.
        """
        ended = "is_chosen AND status IN ('done', 'failed')"
        for each in tables.targets(self.run.id, ended):
            if each.name not in self._known:
                self._known.add(each.name)
                self._told(each)
