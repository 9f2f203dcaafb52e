"""``alembic-zdt``: every command of Alembic, with its options and exit codes, and ours.

Alembic's own program cannot be extended, so this one is Alembic's command line with a
few commands more.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from alembic.config import CommandLine

from alembic_zdt import compat, registration
from alembic_zdt.cli import backfills, health, linting, runs, scripts
from alembic_zdt.cli.program import Program


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    command_line().main(argv=argv)


def command_line() -> CommandLine:
    """Alembic's command line with our commands."""
    registration.announce()
    cli = Program(prog="alembic-zdt")
    versions = f"{version('alembic-zdt')}, alembic {version('alembic')}"
    compat.set_version_text(cli, versions)
    for commands in (scripts, runs, linting, backfills, health):
        commands.add(cli)
    return cli
