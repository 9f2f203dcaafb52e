"""The command ``alembic-zdt compat``."""

from __future__ import annotations

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli.output import print_lines
from alembic_zdt.cli.scratch_options import add_scratch_options
from alembic_zdt.exit_codes import in_words


def add(cli: CommandLine) -> None:
    """Add ``compat`` to Alembic's command line."""
    parser = contexts.add_command(
        cli,
        "compat",
        compat,
        ["tests"],
        ["base", "url", "url_variable"],
        "Check revisions of a branch with the tests of the code that is running now.",
        in_words("compat"),
    )
    parser.add_argument(
        "--base",
        default="origin/main",
        metavar="COMMIT",
        help="use COMMIT as the code that is running now (default: %(default)s)",
    )
    add_scratch_options(parser, "--url")
    parser.add_argument(
        "tests",
        nargs="*",
        metavar="COMMAND",
        help="name and arguments of the program that runs the tests, after --",
    )


def compat(
    config: Config,
    tests: list[str],
    base: str,
    url: str | None,
    url_variable: list[str] | None,
) -> None:
    """Check revisions of a branch with the tests of the code that is running now."""
    from alembic_zdt.commands import compat as command  # noqa: PLC0415  # when needed
    from alembic_zdt.env.url_sources import VARIABLES  # noqa: PLC0415  # when needed

    variables = url_variable or VARIABLES
    shown = command.compat(config, base, tests, url=url, variables=variables)
    print_lines(config, [shown])
