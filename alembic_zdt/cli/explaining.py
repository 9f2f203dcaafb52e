"""The command ``alembic-zdt explain``."""

from __future__ import annotations

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts


def add(cli: CommandLine) -> None:
    """Add ``explain`` to Alembic's command line."""
    parser = contexts.add_command(
        cli,
        "explain",
        explain,
        ["name"],
        [],
        "Show the page of an error or of a check.",
        "It needs no project, no database and no network.",
    )
    parser.add_argument(
        "name",
        metavar="ID",
        help="name of the check or error, as in the line docs: of a message",
    )


def explain(config: Config, name: str) -> None:
    """Show the page of an error or of a check."""
    from alembic_zdt.commands.explain import page  # noqa: PLC0415  # when needed

    config.print_stdout("%s", page(name))
