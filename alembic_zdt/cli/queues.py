"""The commands ``alembic-zdt queue`` and ``alembic-zdt work``."""

from __future__ import annotations

from typing import Any

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli.output import add_json_option, print_json, print_lines


def add(cli: CommandLine) -> None:
    """Add ``work``, and ``queue`` with its actions, to Alembic's command line."""
    _add_work(cli)
    parser = contexts.add_command(
        cli, "queue", status, [], [], "Show and control the calls that revisions queue."
    )
    actions: Any = parser.add_subparsers(metavar="ACTION", required=True)
    for name, function, words in (
        ("status", status, "show the queued calls, and what they wait for"),
        ("approve", approve, "give a call the approval that it waits for"),
        ("pause", pause, "pause a call that no worker runs"),
        ("resume", resume, "continue a call that was paused"),
        ("cancel", cancel, "cancel a call, and stop the worker that runs it"),
        ("retry", retry, "try a call again that has failed or was cancelled"),
    ):
        action = actions.add_parser(name, help=words, description=words)
        is_optional = name == "status"
        # Not "name", which is Alembic's own --name.
        action.add_argument(
            "queued",
            nargs="?" if is_optional else None,
            metavar="NAME",
            help="name of the queued call" + " (default: all)" * is_optional,
        )
        options = ["as_json"] if is_optional else []
        action.set_defaults(cmd=(function, ["queued"], options))
        if is_optional:
            add_json_option(action)


def _add_work(cli: CommandLine) -> None:
    parser = contexts.add_command(
        cli,
        "work",
        work,
        [],
        ["max_seconds", "watch"],
        "Work on queued calls and backfills, in any number of processes.",
    )
    parser.add_argument(
        "--max-seconds",
        type=float,
        metavar="S",
        help="stop after S seconds, or at the end of the running call; exit code 0",
    )
    parser.add_argument(
        "--watch", action="store_true", help="wait for more work when all is done"
    )


def work(config: Config, max_seconds: float | None, watch: bool) -> None:
    """Run queued calls and backfills, in any number of processes."""
    from alembic_zdt.commands import night_work  # noqa: PLC0415  # only when needed

    night_work.work(config, max_seconds, watch=watch)


def status(config: Config, name: str | None, as_json: bool) -> None:
    """Show the queued calls, and what they wait for."""
    from alembic_zdt.commands import night_queue  # noqa: PLC0415  # only when needed

    found = night_queue.queue_states(config, name)
    if as_json:
        print_json(config, {"calls": [state.as_json() for state in found]})
        return
    for state in found:
        print_lines(config, state.as_text())


def approve(config: Config, name: str) -> None:
    """Give a call the approval that it waits for."""
    _change(config, name, "approve")


def pause(config: Config, name: str) -> None:
    """Pause a call that no worker runs."""
    _change(config, name, "pause")


def resume(config: Config, name: str) -> None:
    """Continue a call that was paused."""
    _change(config, name, "resume")


def cancel(config: Config, name: str) -> None:
    """Cancel a call, and stop the worker that runs it."""
    _change(config, name, "cancel")


def retry(config: Config, name: str) -> None:
    """Try a call again that has failed or was cancelled."""
    _change(config, name, "retry")


def _change(config: Config, name: str, action: str) -> None:
    from alembic_zdt.commands import night_queue  # noqa: PLC0415  # only when needed

    night_queue.change(config, name, action)
