"""The command ``alembic-zdt calibrate``."""

from __future__ import annotations

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli.output import print_lines


def add(cli: CommandLine) -> None:
    """Add ``calibrate`` to Alembic's command line."""
    parser = contexts.add_command(
        cli,
        "calibrate",
        calibrate,
        [],
        ["rows"],
        "Measure the speed of the server on a scratch table, for estimates.",
    )
    parser.add_argument(
        "--rows",
        type=int,
        default=300_000,
        metavar="N",
        help="use a scratch table of N rows (default: 300000, about 20 seconds)",
    )


def calibrate(config: Config, rows: int) -> None:
    """Measure the speed of the server, and print what was measured."""
    from alembic_zdt.commands import calibrate as command  # noqa: PLC0415  # when needed

    found = command.calibrate(config, rows)
    print_lines(config, command.as_text(found))
