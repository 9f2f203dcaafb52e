"""The command ``alembic-zdt backfill``, which shows, runs and controls backfills."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli.output import add_format_options, print_as


def add(cli: CommandLine) -> None:
    """Add ``backfill`` and its actions to Alembic's command line."""
    _add_backfill(cli)


def _add_backfill(cli: CommandLine) -> None:
    parser = contexts.add_command(
        cli, "backfill", status, [], [], "Show and control backfills, and run them."
    )
    actions: Any = parser.add_subparsers(metavar="ACTION", required=True)
    for name, function, words in (
        ("status", status, "show the progress of each backfill"),
        ("run", run, "work on queued backfills, in any number of processes"),
        ("pause", pause, "pause a backfill after the current batch of each worker"),
        ("resume", resume, "continue a backfill that was paused or has failed"),
        ("cancel", cancel, "end a backfill and keep the rows that are done"),
    ):
        action = actions.add_parser(name, help=words, description=words)
        optional = name in {"status", "run"}
        # Not "name", which is Alembic's own --name.
        action.add_argument(
            "backfill",
            nargs="?" if optional else None,
            metavar="NAME",
            help="name of the backfill" + " (default: all)" * optional,
        )
        action.set_defaults(cmd=(function, ["backfill"], _OPTIONS.get(name, [])))
        if name == "status":
            add_format_options(action)
        if name == "run":
            _add_run_options(action)


_OPTIONS = {"status": ["output_format"], "run": ["max_seconds", "watch"]}


def _add_run_options(action: ArgumentParser) -> None:
    action.add_argument(
        "--max-seconds",
        type=float,
        metavar="S",
        help="stop after S seconds, with exit code 0",
    )
    action.add_argument(
        "--watch", action="store_true", help="wait for new backfills when all are done"
    )


def status(config: Config, name: str | None, output_format: str) -> None:
    """Show the progress of each backfill."""
    from alembic_zdt.commands import backfill_queue  # noqa: PLC0415  # only when needed

    found = backfill_queue.statuses(config, name)
    output = {"backfills": [state.as_json() for state in found]}
    lines = (line for state in found for line in state.as_text())
    command = "backfill status NAME" if name else "backfill status"
    print_as(config, output_format, command, output, lines)


def run(
    config: Config, name: str | None, max_seconds: float | None, watch: bool
) -> None:
    """Work on queued backfills, or on the one with this name."""
    from alembic_zdt.commands import backfill_queue  # noqa: PLC0415  # only when needed

    backfill_queue.run(config, name, max_seconds, watch=watch)


def pause(config: Config, name: str) -> None:
    """Pause a backfill after the current batch of each worker."""
    from alembic_zdt.commands import backfill_queue  # noqa: PLC0415  # only when needed

    backfill_queue.change(config, name, "paused")


def resume(config: Config, name: str) -> None:
    """Continue a backfill that was paused or has failed."""
    from alembic_zdt.commands import backfill_queue  # noqa: PLC0415  # only when needed

    backfill_queue.change(config, name, "running")


def cancel(config: Config, name: str) -> None:
    """End a backfill and keep the rows that are done."""
    from alembic_zdt.commands import backfill_queue  # noqa: PLC0415  # only when needed

    backfill_queue.change(config, name, "cancelled")
