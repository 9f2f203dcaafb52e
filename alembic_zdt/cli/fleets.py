"""The command ``alembic-zdt fleet``: the same migration on many databases."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli import fleet_commands, fleet_engines
from alembic_zdt.cli.deploy_options import add_old_sessions_option, add_phase_options
from alembic_zdt.cli.fleet_commands import add_choice, add_limits
from alembic_zdt.cli.output import (
    add_format_options,
    add_json_option,
    add_output_option,
    print_as,
    print_json,
    print_lines,
)
from alembic_zdt.exit_codes import in_words

if TYPE_CHECKING:
    from alembic_zdt.fleet.fleet_run import TargetRow


def add(cli: CommandLine) -> None:
    """Add ``fleet`` and its actions to Alembic's command line."""
    parser = contexts.add_command(
        cli,
        "fleet",
        status,
        [],
        [],
        "Check which of many databases or schemas are behind, and upgrade them.",
        f"{in_words('fleet')} The actions that are commands for one database, too, end "
        "with the worst exit code of a target.",
    )
    actions: Any = parser.add_subparsers(metavar="ACTION", required=True)
    words = "upgrade all targets that are behind, in several processes"
    action = actions.add_parser("upgrade", help=words, description=words)
    _add_upgrade_options(action)
    words = "show which targets are behind, and what the newest run has left"
    action = actions.add_parser("status", help=words, description=words)
    add_choice(action)
    add_format_options(action)
    action.set_defaults(cmd=(status, [], ["only", "skip", "output_format"]))
    words = "write the newest run as a page of HTML"
    action = actions.add_parser("report", help=words, description=words)
    add_output_option(action)
    action.set_defaults(cmd=(report, [], ["output"]))
    fleet_engines.add(actions)
    fleet_commands.add(actions)


_UPGRADE = (
    "phase",
    "old_sessions",
    "parallel",
    "per_server",
    "canary",
    "soak",
    "check",
    "max_failures",
    "only",
    "skip",
    "retry_failed",
    "dry_run",
    "logs",
    "as_json",
)


def _add_upgrade_options(action: ArgumentParser) -> None:
    action.add_argument(
        "revision",
        nargs="?",
        default="heads",
        metavar="REV",
        help="name of the last revision to run (default: all pending revisions)",
    )
    add_phase_options(action)
    which = "that began before its expand"
    add_old_sessions_option(action, "a contract", which)
    _add_pace(action)
    add_choice(action)
    action.add_argument(
        "--retry-failed",
        action="store_true",
        help="try targets again that failed in the newest run",
    )
    action.add_argument(
        "--dry-run",
        action="store_true",
        help="print the targets that are behind, and change nothing",
    )
    action.add_argument(
        "--logs",
        metavar="FOLDER",
        help="write the output of each worker process to a file in FOLDER",
    )
    add_json_option(action)
    action.set_defaults(cmd=(upgrade, ["revision"], list(_UPGRADE)))


def _add_pace(action: ArgumentParser) -> None:
    action.add_argument(
        "--parallel",
        type=int,
        default=4,
        metavar="N",
        help="upgrade N targets at a time (default: 4)",
    )
    add_limits(action)
    action.add_argument(
        "--canary",
        default="",
        metavar="WHICH",
        help="upgrade these targets first, and stop if one fails: a number, a "
        "percentage such as 5%%, or names with commas",
    )
    action.add_argument(
        "--soak",
        default="0s",
        metavar="DURATION",
        help="wait after the canaries, for example 10min",
    )
    action.add_argument(
        "--check",
        default="",
        metavar="CMD",
        help="run CMD after the canaries, and stop if it fails",
    )


def upgrade(
    config: Config,
    revision: str,
    phase: str | None,
    old_sessions: str | None,
    parallel: int,
    per_server: int,
    canary: str,
    soak: str,
    check: str,
    max_failures: int,
    only: list[str],
    skip: list[str],
    retry_failed: bool,
    dry_run: bool,
    logs: str | None,
    as_json: bool,
) -> None:
    """Upgrade all targets that are behind."""
    from alembic_zdt.fleet import coordinator, fleet_output  # noqa: PLC0415  # when needed
    from alembic_zdt.fleet.fleet_request import FleetRequest  # noqa: PLC0415  # when needed
    from alembic_zdt.fleet.fleet_run import FleetOptions  # noqa: PLC0415  # when needed
    from alembic_zdt.fleet.live_table import live_table  # noqa: PLC0415  # when needed

    request = FleetRequest(
        FleetOptions(revision, phase, old_sessions, per_server, max_failures),
        parallel=parallel,
        canary=canary,
        soak=fleet_output.seconds_of(soak, "--soak"),
        check=check,
        only=only,
        skip=skip,
        retry_failed=retry_failed,
        logs=Path(logs) if logs else None,
    )
    run = coordinator.FleetUpgrade(config, request)
    if dry_run:
        behind, at_goal = run.behind()
        _print(config, fleet_output.plan(behind, at_goal), as_json)
        return

    with live_table(config.stdout, is_wanted=not as_json) as table:

        def told(target: TargetRow) -> None:
            if not as_json and table is None:
                print_lines(config, [fleet_output.line_of(target)])

        found = run.run(told, table.show if table else None)
    _print(config, fleet_output.result(found), as_json)
    sys.exit(fleet_output.exit_code(found))


def status(
    config: Config, only: list[str], skip: list[str], output_format: str
) -> None:
    """Show which targets are behind, and what the newest run has left."""
    from alembic_zdt.fleet import fleet_output, fleet_status  # noqa: PLC0415  # when needed

    found = fleet_output.status(fleet_status.fleet_status(config, only, skip))
    print_as(config, output_format, "fleet status", found.as_json, found.lines)


def report(config: Config, output: str | None) -> None:
    """Write the newest run as a page of HTML."""
    from alembic_zdt.commands.writing import write_all  # noqa: PLC0415  # when needed
    from alembic_zdt.errors import UsageError  # noqa: PLC0415  # when needed
    from alembic_zdt.fleet.fleet_report import report as page  # noqa: PLC0415  # when needed

    text = page(config)
    if output is None:
        config.print_stdout("%s", text.rstrip("\n"))
        return
    try:
        write_all({Path(output): text})
    except OSError as error:
        raise UsageError(
            f'cannot write the report to "{output}"',
            detail=f"{type(error).__name__}: {error.strerror}.",
            hint="Name a file that can be written.",
        ) from error


def _print(config: Config, output: Any, as_json: bool) -> None:
    if as_json:
        print_json(config, output.as_json)
    else:
        print_lines(config, output.lines)
