"""A look at the tables of a run until it ends or is stopped, with its workers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence

from alembic_zdt.fleet.fleet_run import (
    DONE,
    FAILED,
    RUNNING,
    STOPPED,
    WAITING,
    FleetRun,
    TargetRow,
)
from alembic_zdt.fleet.run_tables import RunTables
from alembic_zdt.fleet.run_workers import RunWorkers
from alembic_zdt.printable import counted

Told = Callable[[TargetRow], None]
Shown = Callable[[Mapping[str, int], Sequence[TargetRow]], None]

_POLL = 0.2


class RunWatch:
    """A look at the tables of a run until it ends or is stopped.

    Args:
        tables: the tables of all runs.
        run: the run.
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
        workers: RunWorkers,
        told: Told,
        shown: Shown | None = None,
    ) -> None:
        self._tables = tables
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
        if reason := self._until(self._may_judge):
            return reason
        if self._tables.awaits_canaries(self.run.id):
            if reason := self._stopped() or self._judged():
                return reason
            self._tables.release_others(self.run.id)
        return ""

    def _may_judge(self) -> bool:
        """Check whether this command may judge the canaries, or need not."""
        if not self._tables.awaits_canaries(self.run.id):
            self._tables.release_others(self.run.id)
            return True
        return self._are_canaries_over() and self._tables.begins_judging(self.run.id)

    def _judged(self) -> str:
        """Return why the other targets must not follow, empty if they may."""
        for each in self._tables.targets(self.run.id, "is_canary"):
            if each.status == FAILED:
                return f'canary "{each.name}" failed'
            if each.status != DONE:
                return f'canary "{each.name}" is left out, and is not done'
        options = self.run.options
        self._tables.database.sleep(options.soak)
        if not options.check:
            return ""
        # The output of the run, which may be JSON, is on stdout.
        errors = 2
        done = subprocess.run(options.check, shell=True, check=False, stdout=errors)  # noqa: S602  # the user's own command
        if done.returncode:
            return f"the check ended with exit code {done.returncode}"
        return ""

    def _until(self, is_over: Callable[[], bool]) -> str:
        while True:
            self.tell(self._tables)
            if is_over():
                return ""
            if reason := self._stopped():
                return reason
            counts = self._tables.counts(self.run.id)
            if self._shown is not None:
                open_ones = "is_chosen AND status IN ('running', 'failed')"
                self._shown(counts, self._tables.targets(self.run.id, open_ones))
            left = counts.get(WAITING, 0) + counts.get(RUNNING, 0)
            if reason := self._workers.keep(left, self._tables):
                return reason
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
