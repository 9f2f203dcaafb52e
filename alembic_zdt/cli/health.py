"""The command ``alembic-zdt doctor``."""

from __future__ import annotations

import json
import sys

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.commands.exit_codes import DOCTOR, in_words
from alembic_zdt.printable import printable


def add(cli: CommandLine) -> None:
    """Add ``doctor`` to Alembic's command line."""
    parser = contexts.add_command(
        cli,
        "doctor",
        doctor,
        [],
        ["engine", "as_json"],
        "Check the setup and the database, and suggest fixes.",
        in_words(DOCTOR),
    )
    parser.add_argument(
        "--engine",
        metavar="MODULE:NAME",
        help="check the application's own engine, too",
    )
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="print JSON"
    )


def doctor(config: Config, engine: str | None, as_json: bool) -> None:
    """Check the setup and the database, and suggest fixes."""
    from alembic_zdt.commands import doctor as command  # noqa: PLC0415  # when needed
    from alembic_zdt.commands import doctor_output as output  # noqa: PLC0415

    found = command.doctor(config, engine)
    if as_json:
        config.print_stdout("%s", json.dumps(output.as_json(found), indent=2))
    elif not (config.stdout.isatty() and output.print_table(found, config.stdout)):
        for line in output.as_text(found):
            config.print_stdout("%s", printable(line))
    sys.exit(output.exit_code(found))
