"""The command ``alembic-zdt doctor``."""

from __future__ import annotations

import sys

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli.output import add_json_option, print_json, print_lines
from alembic_zdt.exit_codes import in_words


def add(cli: CommandLine) -> None:
    """Add ``doctor`` to Alembic's command line."""
    parser = contexts.add_command(
        cli,
        "doctor",
        doctor,
        [],
        ["engine", "as_json"],
        "Check the setup and the database, and suggest fixes.",
        in_words("doctor"),
    )
    parser.add_argument(
        "--engine",
        metavar="MODULE:NAME",
        help="check the application's own engine, too",
    )
    add_json_option(parser)


def doctor(config: Config, engine: str | None, as_json: bool) -> None:
    """Check the setup and the database, and suggest fixes."""
    from alembic_zdt.commands import doctor as command  # noqa: PLC0415  # when needed
    from alembic_zdt.commands import doctor_output as output  # noqa: PLC0415  # when needed

    found = command.doctor(config, engine)
    if as_json:
        print_json(config, output.as_json(found))
    elif not (config.stdout.isatty() and output.print_table(found, config.stdout)):
        print_lines(config, output.as_text(found))
    sys.exit(output.exit_code(found))
