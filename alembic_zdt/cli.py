"""``alembic-zdt``: every command of Alembic, with its options and exit codes, and ours.

Alembic's own program cannot be extended, so this one is Alembic's command line with a
few commands more.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from alembic.config import CommandLine, Config

from alembic_zdt import compat, registration

RANGE = """\
<from>:<to> needs no database, and an end may be left out; <to> alone, also +1, starts
where the database is; default: all that is pending"""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    command_line().main(argv=argv)


def command_line() -> CommandLine:
    """Alembic's command line with our commands."""
    registration.announce()
    cli = CommandLine(prog="alembic-zdt")
    versions = f"{version('alembic-zdt')}, alembic {version('alembic')}"
    compat.set_version_text(cli, versions)
    _change_init(cli)
    _change_upgrade(cli)
    _change_revision(cli)
    _change_check(cli)
    _add_contract(cli)
    _add_plan(cli)
    _add_status(cli)
    _add_wait(cli)
    _add_backfill(cli)
    return cli


def _change_init(cli: CommandLine) -> None:
    from alembic_zdt.commands.init import DIRECTORY, OURS  # noqa: PLC0415  # when needed

    defaults = {"directory": DIRECTORY, "template": OURS}
    names = ["template", "package"]
    compat.change_command(cli, "init", init, ["directory"], names, optional=defaults)


def init(config: Config, directory: str, template: str, package: bool) -> None:
    """Make a folder for revisions, default: migrations, with an env.py of ours."""
    from alembic_zdt.commands import init as command  # noqa: PLC0415  # when needed

    command.init(config, directory, template, package=package)


def _change_upgrade(cli: CommandLine) -> None:
    parser = compat.change_command(
        cli,
        "upgrade",
        upgrade,
        ["revision"],
        ["sql", "tag", "phase"],
        optional={"revision": "heads"},
    )
    parser.add_argument(
        "--phase",
        metavar="PHASE",
        help="stop before the first revision of a later phase than expand, migrate or "
        "contract",
    )


def upgrade(
    config: Config, revision: str, sql: bool, tag: str | None, phase: str | None
) -> None:
    """Upgrade to a later version, default: all that is pending."""
    from alembic_zdt.commands import upgrade as command  # noqa: PLC0415  # when needed

    command.upgrade(config, revision, sql=sql, tag=tag, phase=phase)


def _change_revision(cli: CommandLine) -> None:
    names = [*_REVISION, "renames"]
    parser = compat.change_command(cli, "revision", revision, [], names, optional={})
    parser.add_argument(
        "--rename",
        action="append",
        default=[],
        dest="renames",
        metavar="TABLE.OLD:NEW",
        help="with --autogenerate: a column, or a table (OLD:NEW), got another name",
    )


_REVISION = [
    "message",
    "autogenerate",
    "sql",
    "head",
    "splice",
    "branch_label",
    "version_path",
    "rev_id",
    "depends_on",
]


def revision(config: Config, **options: Any) -> None:
    """Write a revision, or one for each phase of what autogenerate found."""
    from alembic_zdt.commands import revision as command  # noqa: PLC0415  # when needed

    command.revision(config, **options)


def _change_check(cli: CommandLine) -> None:
    parser = compat.change_command(cli, "check", check, [], ["as_json"], optional={})
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="print JSON"
    )


def check(config: Config, as_json: bool) -> None:
    """Compare the models with the database; exit code 1, for drift 2, for both 3."""
    from alembic_zdt.commands import check as command  # noqa: PLC0415  # when needed

    found = command.check(config)
    if as_json:
        config.print_stdout("%s", json.dumps(found.as_json(), indent=2))
    else:
        for line in found.as_text():
            config.print_stdout("%s", line)
    sys.exit(found.exit_code)


def _add_contract(cli: CommandLine) -> None:
    parser = compat.add_command(
        cli,
        "contract",
        write_contracts,
        [],
        ["message"],
        "Write the contract revisions that were left for later, where the rows are "
        "proven to be in step.",
    )
    parser.add_argument("-m", "--message", help="default: that of the expand")


def write_contracts(config: Config, message: str | None) -> None:
    """Write the contract revisions whose gates are green."""
    from alembic_zdt.commands.contract import contract  # noqa: PLC0415  # when needed

    if not contract(config, message):
        config.print_stdout("there is no contract to write")


def _add_status(cli: CommandLine) -> None:
    parser = compat.add_command(
        cli,
        "status",
        show_status,
        [],
        ["as_json"],
        "Show what is pending and what is half-way; exit code 0, or by the phase of "
        "the next revision: expand 10, migrate 20, contract 30.",
    )
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="print JSON"
    )


def show_status(config: Config, as_json: bool) -> None:
    """Show what is pending and what is half-way."""
    from alembic_zdt.commands import status as command  # noqa: PLC0415  # when needed

    found = command.status(config)
    if as_json:
        config.print_stdout("%s", json.dumps(found.as_json(), indent=2))
    else:
        for line in found.as_text():
            config.print_stdout("%s", line)
    sys.exit(found.exit_code)


def _add_wait(cli: CommandLine) -> None:
    parser = compat.add_command(
        cli,
        "wait",
        wait,
        [],
        ["timeout", "compatible"],
        "Wait until the database is at the heads: for init containers.",
    )
    parser.add_argument(
        "--timeout", default="5min", help="default: 5min; 0s looks once"
    )
    parser.add_argument(
        "--compatible",
        action="store_true",
        help="it is enough that this code can run on the database",
    )


def wait(config: Config, timeout: str, compatible: bool) -> None:
    """Wait until the database is ready for this code."""
    from alembic_zdt.commands import wait as command  # noqa: PLC0415  # when needed

    command.wait(config, timeout, compatible=compatible)


def _add_plan(cli: CommandLine) -> None:
    parser = compat.add_command(
        cli,
        "plan",
        plan,
        ["revision_range"],
        ["as_json", "downgrade"],
        "Show each step that would run, with its locks; change nothing.",
    )
    parser.add_argument("revision_range", nargs="?", metavar="RANGE", help=RANGE)
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="print JSON"
    )
    parser.add_argument(
        "--downgrade", action="store_true", help="plan the way back to RANGE"
    )


def plan(
    config: Config, revision_range: str | None, as_json: bool, downgrade: bool
) -> None:
    """Show each step that would run, in order: statement, lock, scan, transaction."""
    from alembic_zdt.commands import plan_output  # noqa: PLC0415  # only when needed
    from alembic_zdt.commands.plan import make_plan  # noqa: PLC0415

    made = make_plan(config, revision_range, downgrade=downgrade)
    if made.reason:
        sys.stderr.write(f"the database was not asked: {made.reason}\n")
    if as_json:
        config.print_stdout("%s", json.dumps(plan_output.as_json(made), indent=2))
        return
    for line in plan_output.as_text(made):
        config.print_stdout("%s", line)


def _add_backfill(cli: CommandLine) -> None:
    parser = compat.add_command(
        cli, "backfill", status, [], [], "Show backfills, and work on those queued."
    )
    actions: Any = parser.add_subparsers(metavar="ACTION", required=True)
    for name, function, words in (
        ("status", status, "how far each backfill is"),
        ("run", run, "work on what is queued; any number of processes may"),
        ("pause", pause, "let everybody stop after the present batch"),
        ("resume", resume, "go on with one that was paused, or has failed"),
        ("cancel", cancel, "end it; what is done stays done"),
    ):
        action = actions.add_parser(name, help=words, description=words)
        optional = name in {"status", "run"}
        # Not "name", which is Alembic's own --name.
        action.add_argument("backfill", nargs="?" if optional else None, metavar="NAME")
        action.set_defaults(cmd=(function, ["backfill"], _OPTIONS.get(name, [])))
        if name == "status":
            action.add_argument(
                "--json", action="store_true", dest="as_json", help="print JSON"
            )
        if name == "run":
            _add_run_options(action)


_OPTIONS = {"status": ["as_json"], "run": ["max_seconds", "watch"]}


def _add_run_options(action: ArgumentParser) -> None:
    action.add_argument(
        "--max-seconds", type=float, help="come back after that time, with exit code 0"
    )
    action.add_argument(
        "--watch", action="store_true", help="wait for new ones when all are done"
    )


def status(config: Config, name: str | None, as_json: bool) -> None:
    """Show how far each backfill is."""
    from alembic_zdt.commands import backfill  # noqa: PLC0415  # only when needed

    found = backfill.statuses(config, name)
    if as_json:
        states = [state.as_json() for state in found]
        config.print_stdout("%s", json.dumps(states, indent=2))
        return
    for state in found:
        for line in state.as_text():
            config.print_stdout("%s", line)


def run(
    config: Config, name: str | None, max_seconds: float | None, watch: bool
) -> None:
    """Work on backfills that are queued."""
    from alembic_zdt.commands import backfill  # noqa: PLC0415  # only when needed

    backfill.run(config, name, max_seconds, watch=watch)


def pause(config: Config, name: str) -> None:
    """Let everybody stop after the present batch."""
    from alembic_zdt.commands import backfill  # noqa: PLC0415  # only when needed

    backfill.change(config, name, "paused")


def resume(config: Config, name: str) -> None:
    """Go on with a backfill that was paused, or has failed."""
    from alembic_zdt.commands import backfill  # noqa: PLC0415  # only when needed

    backfill.change(config, name, "running")


def cancel(config: Config, name: str) -> None:
    """End a backfill; what is done stays done."""
    from alembic_zdt.commands import backfill  # noqa: PLC0415  # only when needed

    backfill.change(config, name, "cancelled")
