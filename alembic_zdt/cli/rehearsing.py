"""The command ``alembic-zdt rehearse``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli.output import print_lines
from alembic_zdt.cli.scratch_options import add_scratch_options
from alembic_zdt.exit_codes import in_words


def add(cli: CommandLine) -> None:
    """Add ``rehearse`` to Alembic's command line."""
    parser = contexts.add_command(
        cli,
        "rehearse",
        rehearse,
        ["revision_range"],
        [
            *("on", "url_variable", "rows", "seed", "traffic", "rate"),
            *("roundtrip", "json_file"),
        ],
        "Show what revisions do to a scratch database with rows and traffic.",
        in_words("rehearse"),
    )
    parser.add_argument(
        "revision_range",
        nargs="?",
        metavar="RANGE",
        help="range of revisions, as in ae10:head: those after the first one, up to "
        "the second one (default: the last one, and those of the same change)",
    )
    add_scratch_options(parser, "--on")
    _add_traffic_options(parser)
    parser.add_argument(
        "--roundtrip",
        action="store_true",
        help="revert the revisions afterwards, in the opposite order",
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        dest="json_file",
        help="write each statement with its locks to FILE, as JSON",
    )


def _add_traffic_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--rows",
        action="append",
        default=[],
        metavar="TABLE=N",
        help="make N rows in TABLE before the first revision; may be repeated",
    )
    parser.add_argument(
        "--seed",
        metavar="FILE",
        help="use the SQL statements in FILE to fill tables before rows are made",
    )
    parser.add_argument(
        "--traffic",
        default="auto",
        metavar="FILE",
        help="send the SQL statements in FILE while revisions run (default: reads, "
        "inserts and updates of the tables of --rows)",
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=20.0,
        metavar="N",
        help="send each statement N times a second (default: %(default)s)",
    )


def rehearse(
    config: Config,
    revision_range: str | None,
    on: str | None,
    rows: list[str],
    seed: str | None,
    traffic: str,
    rate: float,
    roundtrip: bool,
    json_file: str | None,
    url_variable: list[str] | None,
) -> None:
    """Run revisions in a scratch database, and print what was traced."""
    from alembic_zdt.commands import rehearse as command  # noqa: PLC0415  # when needed
    from alembic_zdt.commands.json_output import printed  # noqa: PLC0415  # when needed
    from alembic_zdt.env.url_sources import VARIABLES  # noqa: PLC0415  # when needed

    found = command.rehearse(
        config,
        revision_range,
        url=on,
        rows=rows,
        seed=seed,
        traffic=traffic,
        rate=rate,
        roundtrip=roundtrip,
        variables=url_variable or VARIABLES,
    )
    print_lines(config, found.lines())
    if json_file is not None:
        _write(json_file, f"{printed(found.as_json())}\n")
    if found.exit_code:
        sys.exit(found.exit_code)


def _write(path: str, text: str) -> None:
    from alembic_zdt.errors import UsageError  # noqa: PLC0415  # when needed

    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f'cannot write "{path}"', detail=str(error)) from error
