"""``alembic-zdt``: every command of Alembic, with its options and exit codes, and ours.

Alembic's own program cannot be extended, so this one is Alembic's command line with a
few commands more.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.metadata import version

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
    _add_plan(cli)
    return cli


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
