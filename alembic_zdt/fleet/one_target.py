"""The upgrade of one target, which is what workers and other engines call.

It may be called any number of times, and from several machines: a target that is done
or that another worker has is left alone.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from alembic.config import Config

from alembic_zdt.commands.upgrade import upgrade
from alembic_zdt.env import process_lock
from alembic_zdt.env.programmatic import Configuration, config_of
from alembic_zdt.errors import UsageError
from alembic_zdt.fleet.control_session import ControlSession
from alembic_zdt.fleet.fleet_run import (
    DONE,
    ENDED,
    FAILED,
    RUNNING,
    STOPPED,
    WAITING,
    FleetRun,
)
from alembic_zdt.fleet.fleet_settings import control_url, fleet_settings
from alembic_zdt.fleet.forked_process import worker_name
from alembic_zdt.fleet.heartbeat import Heartbeat
from alembic_zdt.fleet.run_tables import RunTables
from alembic_zdt.fleet.target_config import pointing_to
from alembic_zdt.fleet.target_errors import ENDS, text_of
from alembic_zdt.fleet.target_leases import TargetLeases
from alembic_zdt.fleet.target_positions import goal_of, left_behind
from alembic_zdt.fleet.targets import FleetTarget, targets_of
from alembic_zdt.names import literal
from alembic_zdt.printable import counted
from alembic_zdt.scratch.project import outside_of_a_loop

log = logging.getLogger("alembic_zdt")

_POLL = 0.5


def upgrade_target(
    run_id: str, name: str, config: Configuration = "alembic.ini"
) -> str:
    """Upgrade one target of a fleet run, unless it is done or another worker has it.

    Args:
        run_id: the run, as ``alembic-zdt fleet status`` prints it.
        name: the name of the target.
        config: Alembic's configuration, or the path of its file.

    Returns:
        The status of the target: ``done``, ``failed``, ``running`` if another worker
        has it, or ``waiting`` if it may not begin now.  Or ``stopped`` if its run has
        ended or was stopped, or if a later command has left it out: it is not tried
        any more.

    Raises:
        UsageError: there is no such run or no such target, or the run is for other
            revisions than the project has.
        CannotConnectError: the control database does not answer.
    """
    return TargetWork(config_of(config), run_id).one(name)


class TargetWork:
    """The work on the targets of one run, in this process.

    Args:
        config: Alembic's configuration.
        run_id: the run.
    """

    def __init__(self, config: Config, run_id: str) -> None:
        self._config, self._run_id = config, run_id
        settings = fleet_settings(config)
        self.url = control_url(config, settings)
        self._targets = {each.name: each for each in targets_of(config, settings)}
        self._worker = worker_name(os.getpid())

    def one(self, name: str) -> str:
        """Upgrade the target of that name, and return its status."""
        with ControlSession(self.url) as control:
            run = control.ask(self._run)
            status = control.ask(lambda tables: self._status(tables, name))
            if status not in {WAITING, RUNNING}:
                return status
            self._refuse_another_goal(run)
            if control.ask(lambda tables: self._leases(tables).lease(name)):
                self._upgrade(control, run, name)
                control.ask(self._end)
            return control.ask(lambda tables: self._status(tables, name))

    def _status(self, tables: RunTables, name: str) -> str:
        is_it = f"name = {literal(name)}"
        for row in tables.targets(self._run_id, is_it):
            if row.status not in {WAITING, RUNNING}:
                return row.status
            is_wanted = tables.targets(self._run_id, f"{is_it} AND is_chosen")
            goes_on = self._run(tables).status == RUNNING
            return row.status if goes_on and is_wanted else STOPPED
        raise UsageError(
            f'run "{self._run_id}" has no target "{name}"',
            detail="A run has the targets that were behind when it began.",
            hint="The status of the fleet lists them.",
        )

    def all(self, go_on: threading.Event) -> None:
        """Upgrade one target after the other, until none is left or *go_on* is unset.

        Wait where a target may begin only later: after the canaries, or because enough
        targets of its server are being upgraded.
        """
        with ControlSession(self.url) as control:
            run = control.ask(self._run)
            self._refuse_another_goal(run)
            while go_on.is_set() and control.ask(self._run).status == RUNNING:
                name = control.ask(lambda tables: self._leases(tables).lease())
                if name is not None:
                    self._upgrade(control, run, name)
                elif control.ask(self._has_any_left):
                    time.sleep(_POLL)
                else:
                    return

    def _refuse_another_goal(self, run: FleetRun) -> None:
        """Refuse a run for other revisions than this project has."""
        found = goal_of(self._config, run.options.revision)
        if found != run.options.heads:
            raise UsageError(
                f"fleet run {run.id} is for other revisions than this project has",
                detail=f"The run ends with {', '.join(run.options.heads)}, the project "
                f"with {', '.join(found) or 'no revision'}.",
                hint="Start the worker with the code of the command that began the "
                "run.",
            )

    def _end(self, tables: RunTables) -> None:
        """Note the end of a run that may have no coordinator."""
        failures = tables.failures(self._run_id)
        if failures >= self._run(tables).options.max_failures:
            reason = f"{counted(failures, 'target')} failed"
            tables.set_status(self._run_id, STOPPED, reason)
        elif not self._has_any_left(tables):
            tables.set_status(self._run_id, ENDED)

    def _leases(self, tables: RunTables) -> TargetLeases:
        return TargetLeases(tables, self._run_id, self._worker)

    def _has_any_left(self, tables: RunTables) -> bool:
        return bool({WAITING, RUNNING} & tables.counts(self._run_id).keys())

    def _run(self, tables: RunTables) -> FleetRun:
        run = None
        if tables.exist:
            tables.refuse()
            run = tables.run(self._run_id)
        if run is None:
            raise UsageError(
                f'there is no fleet run "{self._run_id}"',
                detail="The control database has no row of it.",
                hint="The status of the fleet shows the newest run.",
            )
        return run

    def _upgrade(self, control: ControlSession, run: FleetRun, name: str) -> None:
        status, error = WAITING, ""
        log.info("target %s", name)
        try:
            with Heartbeat(control, (run.id, self._worker), name):
                status, error = self._outcome(run, name)
        finally:
            control.ask(lambda tables: self._leases(tables).finish(name, status, error))

    def _outcome(self, run: FleetRun, name: str) -> tuple[str, str]:
        target = self._target(name)
        if target is None:
            return FAILED, "it is not in the list of targets any more"
        try:
            with process_lock.alone():
                run_on(self._config, target, run)
            left = left_behind(self._config, target, run)
        except ENDS as error:
            return FAILED, text_of(error)
        return (FAILED if left else DONE), left

    def _target(self, name: str) -> FleetTarget | None:
        """Return a target, which may have been listed since the worker began."""
        if name not in self._targets:
            settings = fleet_settings(self._config)
            listed = targets_of(self._config, settings)
            self._targets = {each.name: each for each in listed}
        return self._targets.get(name)


def run_on(config: Config, target: FleetTarget, run: FleetRun) -> None:
    """Run the revisions of a fleet run on one target.

    Raises:
        UsageError: env.py connects to another database.
        CommandError: Alembic or a revision failed.
    """
    options = run.options
    with pointing_to(config, target) as own:
        outside_of_a_loop(
            lambda: upgrade(
                own,
                options.revision,
                phase=options.phase,
                old_sessions=options.old_sessions,
            )
        )
