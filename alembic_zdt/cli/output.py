"""The options ``--json`` and ``--format``, and the output of commands."""

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


HUMAN, JSON, PROMETHEUS = "human", "json", "prometheus"


def add_format_options(parser: ArgumentParser) -> None:
    """Add ``--json`` and ``--format``, of which a call may have one."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--json",
        action="store_const",
        const=JSON,
        default=HUMAN,
        dest="output_format",
        help="print JSON, as --format json does",
    )
    either.add_argument(
        "--format",
        choices=(HUMAN, JSON, PROMETHEUS),
        default=HUMAN,
        dest="output_format",
        metavar="FORMAT",
        help="print human, json or prometheus (default: human)",
    )


def print_as(
    config: Config,
    output_format: str,
    command: str,
    output: Mapping[str, Any],
    lines: Iterable[str],
) -> None:
    """Print what a command has found, in the format that was chosen.

    Args:
        config: Alembic's configuration, which has the standard output.
        output_format: the value of ``--format``.
        command: the command, for example ``backfill status``.
        output: its object for JSON.
        lines: its lines of text.
    """
    if output_format == JSON:
        print_json(config, output)
    elif output_format == PROMETHEUS:
        from alembic_zdt.commands import status_metrics  # noqa: PLC0415  # when needed

        config.print_stdout("%s", status_metrics.metrics_of(command, output))
    else:
        print_lines(config, lines)


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
