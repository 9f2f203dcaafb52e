"""``alembic-zdt fleet enqueue``: hand the targets of a run to a job engine."""

from __future__ import annotations

from typing import Any

from alembic.config import Config

from alembic_zdt.cli.deploy_options import add_old_sessions_option, add_phase_options
from alembic_zdt.cli.fleet_commands import add_choice, add_limits
from alembic_zdt.cli.output import print_lines

_OPTIONS = (
    "phase",
    "old_sessions",
    "per_server",
    "max_failures",
    "only",
    "skip",
    "retry_failed",
    "to",
)


def add(actions: Any) -> None:
    """Add the action.

    Args:
        actions: the subparsers of ``alembic-zdt fleet``.
    """
    words = "give the targets of a run to a job engine"
    action = actions.add_parser("enqueue", help=words, description=words)
    action.add_argument(
        "revision",
        nargs="?",
        default="heads",
        metavar="REV",
        help="name of the last revision to run (default: all pending revisions)",
    )
    add_phase_options(action)
    add_old_sessions_option(action, "a contract", "that began before its expand")
    add_limits(action)
    add_choice(action)
    action.add_argument(
        "--retry-failed",
        action="store_true",
        help="try targets again that failed in the newest run",
    )
    action.add_argument(
        "--to",
        metavar="MODULE:FUNCTION",
        help="run FUNCTION with the id of the run and the name of each target "
        "(default: print them)",
    )
    action.set_defaults(cmd=(enqueue, ["revision"], list(_OPTIONS)))


def enqueue(
    config: Config,
    revision: str,
    phase: str | None,
    old_sessions: str | None,
    per_server: int,
    max_failures: int,
    only: list[str],
    skip: list[str],
    retry_failed: bool,
    to: str | None,
) -> None:
    """Begin a run, and hand its targets to a job engine."""
    from alembic_zdt.fleet.coordinator import FleetUpgrade  # noqa: PLC0415  # when needed
    from alembic_zdt.fleet.fleet_request import FleetRequest  # noqa: PLC0415  # when needed
    from alembic_zdt.fleet.fleet_run import FleetOptions  # noqa: PLC0415  # when needed
    from alembic_zdt.fleet.targets import imported  # noqa: PLC0415  # when needed

    put = imported(config, to, "which takes the targets", "--to ") if to else None
    request = FleetRequest(
        FleetOptions(revision, phase, old_sessions, per_server, max_failures),
        only=only,
        skip=skip,
        retry_failed=retry_failed,
    )
    run, names = FleetUpgrade(config, request).enqueue()
    for name in names:
        if put is not None:
            put(run, name)
        print_lines(config, [f"{run} {name}"])
