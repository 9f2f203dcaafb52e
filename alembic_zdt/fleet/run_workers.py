"""The worker processes of a run on this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from alembic.config import Config

from alembic_zdt.fleet.fleet_request import FleetRequest
from alembic_zdt.fleet.fleet_run import FAILED, WAITING, FleetRun
from alembic_zdt.fleet.forked_process import ForkedProcess
from alembic_zdt.fleet.run_tables import RunTables
from alembic_zdt.fleet.target_leases import TargetLeases
from alembic_zdt.fleet.worker_process import work
from alembic_zdt.names import literal

_MOST_CRASHES = 5
_MOST_DEATHS = 2


class RunWorkers:
    """The worker processes of a run; one that dies is replaced.

    Args:
        config: Alembic's configuration.
        request: what the user asked for.

    Attributes:
        run: the run, None before it has begun.
        watcher: the pid of the session that watches the run.
    """

    def __init__(self, config: Config, request: FleetRequest) -> None:
        self._config, self._request = config, request
        self.run: FleetRun | None = None
        self.watcher = 0
        self._running: list[ForkedProcess] = []
        self._started = self._crashes = 0
        self._deaths: Counter[str] = Counter()

    @property
    def are_busy(self) -> bool:
        """Check whether a process runs."""
        return any(each.exit_code is None for each in self._running)

    def keep(self, wanted: int, tables: RunTables) -> str:
        """Start processes until *wanted* run.

        Args:
            wanted: the number of targets that are left.
            tables: the tables of all runs.

        Returns:
            The reason if too many died without a target, otherwise an empty text.
        """
        for worker in [*self._running]:
            if worker.exit_code is None:
                continue
            self._running.remove(worker)
            if worker.exit_code and not self._freed(worker, tables):
                self._crashes += 1
            if self._crashes >= _MOST_CRASHES:
                words = worker.last_words()
                return f"too many worker processes died{words and f': {words}'}"
        while self.run and len(self._running) < min(wanted, self._request.parallel):
            self._started += 1
            log = self._log(self.run.id)
            self._running.append(ForkedProcess(work, self._config, log, self.run.id))
        return ""

    def _freed(self, worker: ForkedProcess, tables: RunTables) -> bool:
        """Free the target of a dead process, and return whether it had one.

        A target that has killed two processes fails.
        """
        if self.run is None:
            return False
        leases = TargetLeases(tables, self.run.id, worker.name)
        its = f"status = 'running' AND worker = {literal(worker.name)}"
        freed = False
        for each in tables.targets(self.run.id, its):
            self._deaths[each.name] += 1
            deaths = self._deaths[each.name]
            error = (
                f"its worker process died {deaths} times, the last time with exit code"
                f" {worker.exit_code}"
            )
            is_last = deaths >= _MOST_DEATHS
            ended = (FAILED, error) if is_last else (WAITING, "")
            freed |= leases.finish(each.name, *ended)
        return freed

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
