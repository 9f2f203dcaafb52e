"""A fleet upgrade: canaries first, then the other targets, in worker processes.

All state is in the tables of the run.  So the coordinator may be killed: its workers
end after their present targets, and the same command goes on.
"""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.fleet.control import over
from alembic_zdt.fleet.fleet_request import FleetRequest
from alembic_zdt.fleet.fleet_run import (
    DONE,
    ENDED,
    FAILED,
    RUNNING,
    STOPPED,
    WAITING,
    FleetRun,
    TargetRow,
)
from alembic_zdt.fleet.fleet_settings import control_url, fleet_settings
from alembic_zdt.fleet.run_tables import RunTables
from alembic_zdt.fleet.run_watch import RunWatch, Shown, Told
from alembic_zdt.fleet.run_workers import RunWorkers
from alembic_zdt.fleet.target_positions import (
    PendingRevisions,
    TargetPosition,
    goal_of,
    positions,
)
from alembic_zdt.fleet.targets import chosen, targets_of

log = logging.getLogger("alembic_zdt")

_WAITING_WORDS = "waiting for the targets that run; Ctrl-C interrupts them"

Telling = tuple[Told, Shown | None]


@dataclass(frozen=True)
class FleetResult:
    """The result of a fleet upgrade.

    Attributes:
        run: the id of the run, empty if nothing was to do.
        at_goal: how many targets were not behind.
        targets: the targets of the run, as it left them.
        reason: why it was stopped, empty if it was not.
    """

    run: str
    at_goal: int
    targets: Sequence[TargetRow] = ()
    reason: str = ""

    def of(self, *statuses: str) -> list[TargetRow]:
        """Return the targets that have one of these statuses."""
        return [each for each in self.targets if each.status in statuses]

    @property
    def slowest(self) -> list[TargetRow]:
        """Return the five targets that took the longest."""
        ended = self.of(DONE, FAILED)
        return sorted(ended, key=lambda each: -each.seconds)[:5]


class FleetUpgrade:
    """The upgrade of all targets that are behind.

    Args:
        config: Alembic's configuration.
        request: what the user asked for.
    """

    def __init__(self, config: Config, request: FleetRequest) -> None:
        request.refuse_nothing()
        self._config, self._settings = config, fleet_settings(config)
        self._url = control_url(config, self._settings)
        options = replace(
            request.options,
            heads=goal_of(config, request.options.revision),
            soak=request.soak,
            check=request.check,
        )
        self._request = replace(request, options=options)

    def behind(self) -> tuple[list[TargetPosition], int]:
        """Return the positions of the targets that are behind, and how many are not.

        Targets that cannot be asked count as behind: the run reports their error.
        """
        found = self._survey()
        return found.behind, found.number_at_goal

    def _survey(self) -> _Survey:
        request = self._request
        listed = targets_of(self._config, self._settings)
        wanted = chosen(listed, request.only, request.skip)
        pending = PendingRevisions(self._config, request.options)
        behind = [
            each
            for each in positions(wanted, self._settings.version_table)
            if each.error or _has_any(pending, each)
        ]
        return _Survey([t.name for t in listed], [t.name for t in wanted], behind)

    def run(self, told: Told, shown: Shown | None = None) -> FleetResult:
        """Upgrade them.

        Args:
            told: a function that gets each target when it has ended.
            shown: a function that gets the state of the run again and again, None for
                no function.

        Raises:
            UsageError: the list of targets or an option cannot be used.
            CannotConnectError: the control database does not answer.
            KeyboardInterrupt: the user has interrupted it; the present targets have
                ended, or at a second interruption their upgrades.
        """
        survey = self._survey()
        workers = RunWorkers(self._config, self._request)
        try:
            watch = over(
                self._url, lambda each: self._over(each, survey, workers, (told, shown))
            )
            if watch is None:
                return FleetResult("", survey.number_at_goal)
            if watch.reason and workers.are_busy:
                log.warning("stopped: %s; %s", watch.reason, _WAITING_WORDS)
            # Outside of the event loop that an async driver has, for Ctrl-C.
            workers.end()
            return over(self._url, lambda each: self._result(each, watch, survey))
        except KeyboardInterrupt:
            # An interrupted query leaves its connection unusable.
            if workers.run is not None:
                log.warning("%s", _WAITING_WORDS)
                with workers.terminated_by_interrupt():
                    self._note_interrupt(workers.run, workers.watcher)
            raise
        finally:
            workers.end_patiently()

    def enqueue(self) -> tuple[str, list[str]]:
        """Begin or continue a run, and return its id and the targets that are left.

        A job engine upgrades them.

        Raises:
            UsageError: the list of targets or an option cannot be used, or the canaries
                of the run are not judged.
            CannotConnectError: the control database does not answer.
        """
        survey = self._survey()

        def prepare(connection: Connection) -> tuple[str, list[str]]:
            tables = RunTables(Database(connection))
            run = self._begun(tables, survey)
            if run is None:
                return "", []
            if tables.awaits_canaries(run.id):
                tables.set_status(run.id, STOPPED, "its canaries are not judged")
                raise _canaries_first(run)
            tables.release_others(run.id)
            tables.hand_out(run.id)
            left = "is_chosen AND status IN ('waiting', 'running')"
            return run.id, [each.name for each in tables.targets(run.id, left)]

        return over(self._url, prepare)

    def _begun(self, tables: RunTables, survey: _Survey) -> FleetRun | None:
        """Begin or continue a run, and return None if there is nothing to do."""
        if not tables.exist and not survey.behind:
            return None
        tables.create()
        with tables.alone():
            run = self._prepared(tables, survey)
            if run is not None:
                tables.watch(run.id)
        return run

    def _note_interrupt(self, run: FleetRun, watcher: int) -> None:
        """Stop a run that no other command watches."""

        def note(connection: Connection) -> None:
            tables = RunTables(Database(connection))
            if not tables.is_watched(run.id, watcher):
                tables.set_status(run.id, STOPPED, "it was interrupted")

        over(self._url, note)

    def _over(
        self,
        connection: Connection,
        survey: _Survey,
        workers: RunWorkers,
        telling: Telling,
    ) -> RunWatch | None:
        """Watch the run to its end, and return None if there is none."""
        tables = RunTables(Database(connection))
        run = self._begun(tables, survey)
        if run is None:
            return None
        workers.run, workers.watcher = run, tables.pid
        watch = RunWatch(tables, run, workers, *telling)
        watch.until_the_end()
        return watch

    def _result(
        self, connection: Connection, watch: RunWatch, survey: _Survey
    ) -> FleetResult:
        tables, run = RunTables(Database(connection)), watch.run
        watch.tell(tables)
        left = {WAITING, RUNNING} & tables.counts(run.id).keys()
        reason = watch.reason
        tables.set_status(run.id, STOPPED if left or reason else ENDED, reason)
        found = tables.targets(run.id, "is_chosen")
        return FleetResult(run.id, survey.number_at_goal, found, reason)

    def _prepared(self, tables: RunTables, survey: _Survey) -> FleetRun | None:
        """Begin a run, or continue the newest one with the same goal."""
        options, names = self._request.options, [e.target.name for e in survey.behind]
        newest = tables.newest()
        same = newest if newest and newest.options.goal == options.goal else None
        known = tables.targets(same.id) if same else []
        if not names:
            if same:
                self._close(tables, same, survey)
            return None
        have = {each.name for each in known}
        canaries = _canaries(self._request.canary, names, have)
        before = same or FleetRun(secrets.token_hex(4), options)
        run = FleetRun(before.id, options)
        if same and same.status == RUNNING and tables.is_watched(same.id):
            run = same  # its options hold for all commands that watch it
        else:
            tables.begin(run)
        tables.forget(run.id, survey.listed)
        new = [
            (each.target.name, each.target.server, each.target.name in canaries)
            for each in survey.behind
            if each.target.name not in have
        ]
        tables.add(run, new, len(known) + 1)
        if canaries and not any(each.is_canary for each in known):
            tables.mark_canaries(run.id, sorted(canaries & have))
        tables.repeat(run.id, names)
        tables.choose(before, survey.chosen, survey.at_goal)
        if self._request.retry_failed:
            tables.retry_failed(run.id, survey.chosen)
        return run

    def _close(self, tables: RunTables, run: FleetRun, survey: _Survey) -> None:
        """End a run that has no target left, and note what others have done."""
        tables.forget(run.id, survey.listed)
        tables.choose(run, survey.chosen, survey.at_goal)
        if not tables.targets(run.id, "status IN ('waiting', 'running')"):
            tables.set_status(run.id, ENDED)


@dataclass(frozen=True)
class _Survey:
    """All targets, the chosen ones, and those of the chosen that are behind."""

    listed: list[str]
    chosen: list[str]
    behind: list[TargetPosition]

    @property
    def number_at_goal(self) -> int:
        """Return how many of the chosen targets are not behind."""
        return len(self.chosen) - len(self.behind)

    @property
    def at_goal(self) -> list[str]:
        """Return the names of the chosen targets that are not behind."""
        behind = {each.target.name for each in self.behind}
        return [name for name in self.chosen if name not in behind]


def _canaries_first(run: FleetRun) -> UsageError:
    return UsageError(
        f"the canaries of fleet run {run.id} are not judged",
        detail="Only a command that waits for them can judge them.",
        hint="Let the command that upgrades the fleet judge them and go on.",
    )


def _has_any(pending: PendingRevisions, position: TargetPosition) -> bool:
    try:
        return bool(pending.of(position.heads))
    except CommandError:
        return True  # the project lacks its revision, which the run reports


def _canaries(given: str, names: Sequence[str], known: set[str]) -> set[str]:
    """Return the names of the canaries.

    Args:
        given: the option.
        names: the targets that are behind.
        known: the targets of the run that is continued.

    Raises:
        UsageError: a canary is no target that is behind.
    """
    text = given.strip()
    if not text:
        return set()
    if text.isdecimal():
        return set(names[: int(text)])
    if text.endswith("%") and text[:-1].isdecimal():
        return set(names[: math.ceil(len(names) * int(text[:-1]) / 100)])
    wanted = {name.strip() for name in text.split(",")}
    missing = sorted(wanted - set(names) - known)
    if missing:
        raise UsageError(
            f'canary "{missing[0]}" is no target that is behind',
            detail=f"{len(names)} targets are behind.",
            hint="Pass a number, a percentage, or names of targets with commas.",
        )
    return wanted
