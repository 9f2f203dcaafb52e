"""Commands for one database that ``alembic-zdt fleet`` runs on each target."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.config import Config

from alembic_zdt.cli.output import add_json_option, print_json, print_lines

if TYPE_CHECKING:
    from alembic_zdt.fleet.command_process import TargetResult

_SHARED = ["only", "skip", "parallel", "as_json"]


def add(actions: Any) -> None:
    """Add the actions that are commands for one database.

    Args:
        actions: the subparsers of ``alembic-zdt fleet``.
    """
    _add_plan(_action(actions, "plan", "show what would run on each target, in a line"))
    words = "check the revisions that a target lacks, each of them once"
    lint_action = actions.add_parser("lint", help=words, description=words)
    add_choice(lint_action)
    add_json_option(lint_action)
    lint_action.set_defaults(cmd=(lint, [], ["only", "skip", "as_json"]))
    words = "check whether each target matches the models"
    _action(actions, "check", words).set_defaults(cmd=(check, [], _SHARED))
    words = "check the setup and the database of each target"
    _add_doctor(_action(actions, "doctor", words))
    words = "wait until each target is at the heads"
    _add_wait(_action(actions, "wait", words))
    words = "work on the queued backfills of each target"
    _add_backfill(_action(actions, "backfill", words))


def _action(actions: Any, name: str, words: str) -> ArgumentParser:
    action: ArgumentParser = actions.add_parser(name, help=words, description=words)
    add_choice(action)
    action.add_argument(
        "--parallel",
        type=int,
        default=4,
        metavar="N",
        help="work on N targets at a time (default: 4)",
    )
    add_json_option(action)
    return action


def add_choice(action: ArgumentParser) -> None:
    """Add the options that choose targets."""
    for option, words in (
        ("--only", "use only targets whose name or group matches GLOB"),
        ("--skip", "leave out targets whose name or group matches GLOB"),
    ):
        action.add_argument(
            option,
            action="append",
            default=[],
            metavar="GLOB",
            help=f"{words}; may be repeated",
        )


def add_limits(action: ArgumentParser) -> None:
    """Add the options that all workers of a run share."""
    for option, default, words in (
        ("--per-server", 2, "upgrade at most N targets of one server at a time"),
        ("--max-failures", 3, "stop after N failed targets"),
    ):
        action.add_argument(
            option,
            type=int,
            default=default,
            metavar="N",
            help=f"{words} (default: {default})",
        )


def _add_plan(action: ArgumentParser) -> None:
    action.add_argument(
        "revision",
        nargs="?",
        default="heads",
        metavar="REV",
        help="name of the last revision to plan (default: all pending revisions)",
    )
    action.add_argument(
        "--downgrade", action="store_true", help="plan a downgrade to REV"
    )
    action.set_defaults(cmd=(plan, ["revision"], ["downgrade", *_SHARED]))


def _add_doctor(action: ArgumentParser) -> None:
    action.add_argument(
        "--engine",
        metavar="MODULE:NAME",
        help="check the application's own engine, too",
    )
    action.set_defaults(cmd=(doctor, [], ["engine", *_SHARED]))


def _add_wait(action: ArgumentParser) -> None:
    action.add_argument(
        "--timeout",
        default="5min",
        metavar="DURATION",
        help="give up after DURATION, for all targets together (default: 5min)",
    )
    action.add_argument(
        "--compatible",
        action="store_true",
        help="wait until each target has all that this code reads, without contract",
    )
    action.set_defaults(cmd=(wait, [], ["timeout", "compatible", *_SHARED]))


def _add_backfill(action: ArgumentParser) -> None:
    action.add_argument(
        "verb", choices=("run",), metavar="run", help="name of the action"
    )
    action.add_argument(
        "backfill",
        nargs="?",
        metavar="NAME",
        help="name of the backfill (default: all)",
    )
    action.add_argument(
        "--max-seconds",
        type=float,
        metavar="S",
        help="stop after S seconds, for all targets together",
    )
    action.set_defaults(cmd=(run_backfills, ["backfill"], ["max_seconds", *_SHARED]))


def plan(config: Config, revision: str, downgrade: bool, **shared: Any) -> None:
    """Show what would run on each target."""
    from alembic_zdt.errors import UsageError  # noqa: PLC0415  # when needed

    if ":" in revision:
        raise UsageError(
            f'cannot plan "{revision}" for targets',
            detail="The plan of a range does not depend on a database.",
            hint="Write the last revision alone, or alembic-zdt plan with the range.",
        )
    _run(config, "plan", {"revision": revision, "downgrade": downgrade}, **shared)


def check(config: Config, **shared: Any) -> None:
    """Check whether each target matches the models."""
    _run(config, "check", {}, **shared)


def doctor(config: Config, engine: str | None, **shared: Any) -> None:
    """Check the setup and the database of each target."""
    _run(config, "doctor", {"engine": engine}, **shared)


def wait(config: Config, timeout: str, compatible: bool, **shared: Any) -> None:
    """Wait until each target is ready for this code."""
    from alembic_zdt.fleet.fleet_output import seconds_of  # noqa: PLC0415  # when needed

    options, seconds = {"compatible": compatible}, seconds_of(timeout, "--timeout")
    _run(config, "wait", options, seconds=seconds, **shared)


def run_backfills(
    config: Config, backfill: str | None, max_seconds: float | None, **shared: Any
) -> None:
    """Work on the queued backfills of each target."""
    options = {"backfill": backfill}
    _run(config, "backfill run", options, seconds=max_seconds, **shared)


def _run(
    config: Config,
    name: str,
    options: dict[str, Any],
    *,
    only: Sequence[str],
    skip: Sequence[str],
    parallel: int,
    as_json: bool,
    seconds: float | None = None,
) -> None:
    from alembic_zdt.fleet import command_output as output  # noqa: PLC0415  # when needed
    from alembic_zdt.fleet.each_target import on_each_target  # noqa: PLC0415  # when needed
    from alembic_zdt.fleet.target_commands import TargetCommand  # noqa: PLC0415  # when needed

    def told(each: TargetResult) -> None:
        if not as_json:
            print_lines(config, [output.line_of(each)])

    command = TargetCommand(name, options, seconds)
    found = on_each_target(
        config, command, told, only=only, skip=skip, parallel=parallel
    )
    if as_json:
        print_json(config, output.as_json(name, found))
    else:
        print_lines(config, output.summary(found))
    sys.exit(output.exit_code(found))


def lint(config: Config, only: list[str], skip: list[str], as_json: bool) -> None:
    """Check the revisions that a target lacks."""
    from alembic_zdt.commands.lint import formats  # noqa: PLC0415  # when needed
    from alembic_zdt.fleet.fleet_lint import lint_pending  # noqa: PLC0415  # when needed

    found = lint_pending(config, only, skip)
    if as_json:
        print_json(config, found.as_json())
    else:
        for name, reason in found.not_asked.items():
            print_lines(config, [f"{name} was not asked: {reason}"])
        for line in formats.named("human")(found.linted):
            config.print_stdout("%s", line)
    sys.exit(found.exit_code)
