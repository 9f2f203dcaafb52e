"""The program ``alembic-zdt``, with all commands of Alembic and of this package.

Alembic's commands keep their options and exit codes.  Alembic's own program cannot be
extended, so this one is Alembic's command line with a few more commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from alembic.config import CommandLine

from alembic_zdt import registration
from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli import (
    backfills,
    boards,
    estimating,
    explaining,
    facts,
    fleets,
    health,
    linting,
    migrations,
    old_code,
    queues,
    rehearsing,
    reviews,
    scripts,
)
from alembic_zdt.cli.program import Program


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line of ``alembic-zdt``."""
    command_line().main(argv=argv)


def command_line() -> CommandLine:
    """Return Alembic's command line with the commands of this package."""
    registration.announce()
    cli = Program(prog="alembic-zdt")
    versions = f"{version('alembic-zdt')}, alembic {version('alembic')}"
    contexts.set_version_text(cli, versions)
    changes = (
        scripts,
        migrations,
        linting,
        reviews,
        backfills,
        queues,
        fleets,
        boards,
    )
    before = (old_code, estimating, rehearsing, facts)
    for commands in (*changes, *before, health, explaining):
        commands.add(cli)
    return cli
