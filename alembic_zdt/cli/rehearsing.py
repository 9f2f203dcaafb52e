"""The command ``alembic-zdt rehearse``."""

from __future__ import annotations

import os
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
            "traffic_of",
            *("roundtrip", "json_file", "report", "compare"),
            *("clean", "like", "most_rows", "schema_of", "fail_on"),
        ],
        "Show what revisions do to a scratch database with rows and traffic.",
        in_words("rehearse"),
    )
    parser.add_argument(
        "revision_range",
        nargs="?",
        metavar="RANGE",
        help="range of revisions, such as ae10:head: the revisions after ae10, up to "
        "head (default: the last revision, and the others of its change)",
    )
    add_scratch_options(parser, "--on")
    _add_traffic_options(parser)
    _add_like_options(parser)
    _add_fail_on_option(parser)
    parser.add_argument(
        "--roundtrip",
        action="store_true",
        help="revert the revisions afterwards, in the opposite order",
    )
    parser.add_argument(
        "--compare",
        metavar="FORM",
        help="show the revisions also with stock operations instead of directives, "
        "where FORM is stock",
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        dest="json_file",
        help="write each statement with its locks to FILE, as JSON",
    )
    parser.add_argument(
        "--report",
        metavar="FILE",
        help="write the locks and the answers over time to FILE, as one HTML page "
        "(needs alembic-zdt[report])",
    )
    parser.add_argument(
        "--clean",
        action="store_true",
        help="drop scratch databases that killed commands have left on the server of "
        "--on, and rehearse nothing",
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
        action="append",
        default=[],
        metavar="SOURCE",
        help="send statements of SOURCE while revisions run: a file of SQL, a "
        "pgbench script, a function as module:function, or auto; may be repeated "
        "(default: auto, reads, inserts, updates and deletes of the tables of --rows)",
    )
    parser.add_argument(
        "--traffic-of",
        metavar="URL",
        help="send the statements that the database at URL has run most often, as "
        "pg_stat_statements counts them, with values of the rehearsal's own rows",
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=20.0,
        metavar="N",
        help="send each statement N times a second (default: %(default)s)",
    )


def _add_fail_on_option(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--fail-on",
        metavar="CONDITIONS",
        help="end with an error only if a revision fails or a condition is met, for "
        'example "stall, undeclared, error, answer>200ms, lock>200ms"',
    )


def _add_like_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--schema-of",
        metavar="URL|FILE",
        help="use the schema of the database at URL, or the output of pg_dump "
        "--schema-only in FILE, instead of running the revisions below RANGE",
    )
    parser.add_argument(
        "--like",
        metavar="FILE",
        help="make rows as the facts in FILE describe them, see alembic-zdt facts "
        "export; --rows has precedence",
    )
    parser.add_argument(
        "--most-rows",
        type=int,
        default=100_000,
        metavar="N",
        help="make at most N rows in a table because of --like (default: %(default)s)",
    )


def rehearse(
    config: Config,
    revision_range: str | None,
    on: str | None,
    rows: list[str],
    seed: str | None,
    traffic: list[str],
    traffic_of: str | None,
    rate: float,
    roundtrip: bool,
    json_file: str | None,
    report: str | None,
    compare: str | None,
    clean: bool,
    like: str | None,
    most_rows: int,
    schema_of: str | None,
    fail_on: str | None,
    url_variable: list[str] | None,
) -> None:
    """Run revisions in a scratch database, and print what was traced."""
    if clean:
        _clean(config, on)
        return
    from alembic_zdt.commands import rehearse as command  # noqa: PLC0415  # when needed
    from alembic_zdt.commands import rehearse_conditions as deciding  # noqa: PLC0415  # when needed
    from alembic_zdt.commands.json_output import printed  # noqa: PLC0415  # when needed
    from alembic_zdt.env.url_sources import VARIABLES  # noqa: PLC0415  # when needed
    from alembic_zdt.rehearsal.report import page  # noqa: PLC0415  # when needed

    if report is not None:
        page.refuse_missing_library()

    _refuse_unwritable(json_file, report)
    conditions = None if fail_on is None else deciding.conditions_in(fail_on)
    found = command.rehearse(
        config,
        revision_range,
        url=on,
        rows=rows,
        seed=seed,
        traffic=traffic,
        traffic_of=traffic_of,
        rate=rate,
        roundtrip=roundtrip,
        compare=compare,
        variables=url_variable or VARIABLES,
        like=like,
        most_rows=most_rows,
        schema_of=schema_of,
    )
    verdict = None if conditions is None else deciding.decide(conditions, found)
    print_lines(config, found.lines())
    if json_file is not None:
        decided = None if verdict is None else verdict.as_json()
        _write(json_file, f"{printed({**found.as_json(), 'conditions': decided})}\n")
    if report is not None:
        _write(report, page.page_of(found))
    if verdict is not None:
        print_lines(config, verdict.lines())
    if exit_code := (verdict or found).exit_code:
        sys.exit(exit_code)


def _clean(config: Config, on: str | None) -> None:
    from alembic_zdt.commands.scratch_cleaning import clean_up  # noqa: PLC0415  # when needed

    found = clean_up(on)
    print_lines(config, found.lines())
    if found.exit_code:
        sys.exit(found.exit_code)


def _refuse_unwritable(*paths: str | None) -> None:
    """Refuse files before the run, which may take long; make none of them yet."""
    from alembic_zdt.errors import UsageError  # noqa: PLC0415  # when needed

    for path in map(Path, filter(None, paths)):
        place = path if path.exists() else path.parent
        if path.is_dir() or not os.access(place, os.W_OK):
            raise UsageError(
                f'cannot write "{path}"',
                hint="Name a file in a folder that exists and that you may write to.",
            )


def _write(path: str, text: str) -> None:
    from alembic_zdt.errors import UsageError  # noqa: PLC0415  # when needed

    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f'cannot write "{path}"', detail=str(error)) from error
