"""``alembic-zdt fleet status``: which targets are behind, and what a run has left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.fleet.control import over
from alembic_zdt.fleet.fleet_run import FleetOptions, FleetRun, TargetRow
from alembic_zdt.fleet.fleet_settings import control_url, fleet_settings
from alembic_zdt.fleet.run_tables import RunTables
from alembic_zdt.fleet.target_positions import PendingRevisions, first_line, positions
from alembic_zdt.fleet.targets import chosen, targets_of


@dataclass(frozen=True)
class TargetStatus:
    """The status of one target.

    Attributes:
        name: its name.
        heads: its revisions.
        pending: the revisions that are not applied, in order.
        error: why it cannot be told, empty if it can.
    """

    name: str
    heads: tuple[str, ...]
    pending: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class FleetStatus:
    """The status of a fleet.

    Attributes:
        targets: the status of each target.
        run: the newest run, None if there was none.
        open: its targets that are not done.
    """

    targets: Sequence[TargetStatus]
    run: FleetRun | None = None
    open: Sequence[TargetRow] = ()


def fleet_status(
    config: Config, only: Sequence[str] = (), skip: Sequence[str] = ()
) -> FleetStatus:
    """Return the status of the fleet.

    Args:
        config: Alembic's configuration.
        only: patterns of the targets; empty for all.
        skip: patterns of targets to leave out.

    Raises:
        UsageError: the list of targets cannot be read.
        CannotConnectError: the control database does not answer.
    """
    found = positions_of(config, only, skip)
    url = control_url(config, fleet_settings(config))
    run, rows = over(url, newest_run)
    return FleetStatus(found, run, rows)


def positions_of(
    config: Config, only: Sequence[str] = (), skip: Sequence[str] = ()
) -> list[TargetStatus]:
    """Return the revisions of each target, and those that it lacks.

    Args:
        config: Alembic's configuration.
        only: patterns of the targets; empty for all.
        skip: patterns of targets to leave out.

    Raises:
        UsageError: the list of targets cannot be read.
        CannotConnectError: the control database does not answer.
    """
    settings = fleet_settings(config)
    wanted = chosen(targets_of(config, settings), only, skip)
    pending = PendingRevisions(config, FleetOptions())
    found = []
    for each in positions(wanted, settings.version_table):
        name, error = each.target.name, each.error
        try:
            left = () if error else pending.of(each.heads)
        except CommandError as problem:
            left, error = (), first_line(problem)
        found.append(TargetStatus(name, each.heads, left, error))
    return found


def newest_run(
    connection: Connection, *, with_done: bool = False
) -> tuple[FleetRun | None, list[TargetRow]]:
    """Return the newest run and its targets, from a control database.

    Args:
        connection: a connection to the control database.
        with_done: whether targets that are done are returned, too.
    """
    tables = RunTables(Database(connection))
    run = tables.newest() if tables.exist else None
    wanted = "true" if with_done else "status <> 'done'"
    return run, tables.targets(run.id, wanted) if run else []
