"""The option ``--json``, and the output of commands as JSON or text."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from typing import Any

from alembic.config import Config

from alembic_zdt.printable import printable


def add_json_option(parser: ArgumentParser) -> None:
    """Add ``--json`` to a command."""
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="print JSON"
    )


def print_json(config: Config, output: Mapping[str, Any]) -> None:
    """Print an object with the version of its schema."""
    from alembic_zdt.commands.json_output import printed  # noqa: PLC0415  # when needed

    config.print_stdout("%s", printed(output))


def print_lines(config: Config, lines: Iterable[str]) -> None:
    """Print lines of text, which may hold names of others."""
    for line in lines:
        config.print_stdout("%s", printable(line))


def add_output_option(parser: ArgumentParser) -> None:
    """Add ``-o`` to a command."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to FILE instead of standard output",
    )
