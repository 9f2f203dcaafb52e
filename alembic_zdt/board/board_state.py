"""Ask the databases for what the board shows, in READ ONLY transactions."""

from __future__ import annotations

import copy
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from alembic.config import Config

from alembic_zdt.alembic_compat.config_values import fleet_values
from alembic_zdt.board.attempts import Attempts, Tell
from alembic_zdt.board.board_databases import BoardDatabase, BoardDatabases, hiding
from alembic_zdt.board.read_only import only_reading
from alembic_zdt.fleet import fleet_output
from alembic_zdt.fleet.control import over
from alembic_zdt.fleet.fleet_settings import control_url, fleet_settings
from alembic_zdt.fleet.fleet_status import newest_run


@dataclass(frozen=True)
class BoardState:
    """The answers that the board shows.

    Attributes:
        at: when the databases were asked, in UTC.
        databases: the databases of env.py, in order.
        fleet: the newest run as in ``fleet status --json``, None without a fleet.
        faults: what could not be asked.
    """

    at: datetime
    databases: Sequence[BoardDatabase] = ()
    fleet: Mapping[str, Any] | None = None
    faults: Sequence[str] = field(default_factory=tuple)


def board_state(config: Config, tell: Tell) -> BoardState:
    """Return what the board shows now; a part that fails is a fault.

    Args:
        config: Alembic's configuration.
        tell: a function that gets the texts of errors, which the page does not show.
    """
    config, attempts = _of_a_program(config), Attempts(tell)
    databases = BoardDatabases(config, attempts)
    with only_reading():
        databases.ask()
        fleet = attempts.at("the fleet", partial(_fleet, config, databases.found))
    return BoardState(datetime.now(UTC), databases.found, fleet, attempts.faults)


def _of_a_program(config: Config) -> Config:
    """Return a config with which a signal is not reported as the end of a run."""
    found = copy.copy(config)
    options = {**vars(config.cmd_opts or Namespace())}
    options.pop("cmd", None)
    found.cmd_opts = Namespace(**options)
    return found


def _fleet(
    config: Config, databases: Sequence[BoardDatabase]
) -> Mapping[str, Any] | None:
    if not any(values for _, values in fleet_values(config)):
        return None
    run, targets = over(control_url(config, fleet_settings(config)), newest_run)
    found = {
        "run": run.id if run else "",
        "status": run.status if run else "",
        "reason": run.reason if run else "",
    }
    # Queries are hidden, too, if no database has told its settings.
    shows = bool(databases) and all(each.shows_queries for each in databases)
    rows = [fleet_output.row(each) for each in targets]
    return {
        **hiding(found, shows_queries=shows),
        "open": [hiding(each, shows_queries=shows) for each in rows],
    }
