"""Commands that run revisions, or show what would run."""

from __future__ import annotations

import sys
from pathlib import Path

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli.deploy_options import add_old_sessions_option, add_phase_options
from alembic_zdt.cli.facts import add_facts_option, facts_in, tell_of_facts
from alembic_zdt.cli.output import (
    PROMETHEUS,
    add_format_options,
    add_json_option,
    add_output_option,
    print_as,
    print_json,
    print_lines,
)
from alembic_zdt.exit_codes import ExitCode, in_words
from alembic_zdt.printable import printable


def add(cli: CommandLine) -> None:
    """Add ``plan``, ``sql``, ``status`` and ``wait``, and change Alembic's commands."""
    _change_upgrade(cli)
    _change_downgrade(cli)
    _add_plan(cli)
    _add_sql(cli)
    _add_status(cli)
    _add_wait(cli)


FOLDER = "sql"
RANGE = """\
range <from>:<to>, which needs no database, or <to> alone (also +1), which starts from
the revision of the database (default: all pending revisions)"""


def _change_upgrade(cli: CommandLine) -> None:
    parser = contexts.change_command(
        cli,
        "upgrade",
        upgrade,
        ["revision"],
        ["sql", "tag", "phase", "old_sessions"],
        optional={"revision": "heads"},
    )
    parser.description = f"{upgrade.__doc__} {in_words('upgrade')}"
    add_phase_options(parser)
    add_old_sessions_option(parser, "a contract", "that began before its expand")


def upgrade(
    config: Config,
    revision: str,
    sql: bool,
    tag: str | None,
    phase: str | None,
    old_sessions: str | None,
) -> None:
    """Upgrade to a later version, default: all pending revisions."""
    from alembic_zdt.commands import upgrade as command  # noqa: PLC0415  # when needed

    options = {"phase": phase, "old_sessions": old_sessions}
    command.upgrade(config, revision, sql=sql, tag=tag, **options)


def _change_downgrade(cli: CommandLine) -> None:
    names = ["sql", "tag", "old_sessions"]
    parser = contexts.change_command(
        cli, "downgrade", downgrade, ["revision"], names, optional={}
    )
    parser.description = f"{downgrade.__doc__} {_BACK}"
    which = "that began before the downgrade of its contract"
    add_old_sessions_option(parser, "the downgrade of an expand", which)


_BACK = (
    "Before the old code is deployed, downgrade contract revisions. After every "
    "process of the new code is gone, downgrade migrate and expand revisions."
)


def downgrade(
    config: Config,
    revision: str,
    sql: bool,
    tag: str | None,
    old_sessions: str | None,
) -> None:
    """Revert to a previous version."""
    from alembic_zdt.commands import downgrade as command  # noqa: PLC0415  # when needed

    command.downgrade(config, revision, sql=sql, tag=tag, old_sessions=old_sessions)


def _add_plan(cli: CommandLine) -> None:
    parser = contexts.add_command(
        cli,
        "plan",
        plan,
        ["revision_range"],
        ["as_json", "downgrade", "facts"],
        "Show each step that would run, with its locks, and change nothing.",
    )
    parser.add_argument("revision_range", nargs="?", metavar="RANGE", help=RANGE)
    add_json_option(parser)
    parser.add_argument(
        "--downgrade",
        action="store_true",
        help="plan a downgrade to the revision, or over the range, that RANGE names",
    )
    add_facts_option(
        parser,
        "use the facts in FILE instead of the database, see alembic-zdt facts export",
    )


def plan(
    config: Config,
    revision_range: str | None,
    as_json: bool,
    downgrade: bool,
    facts: str | None,
) -> None:
    """Show each step that would run, in order: statement, lock, scan, transaction."""
    from alembic_zdt.commands import plan_output  # noqa: PLC0415  # only when needed
    from alembic_zdt.commands.plan import make_plan  # noqa: PLC0415  # when needed

    known = facts_in(facts)
    made = make_plan(config, revision_range, downgrade=downgrade, facts=known)
    tell_of_facts(made.facts, "steps and estimates may be wrong")
    if made.reason:
        sys.stderr.write(f"the database was not asked: {printable(made.reason)}\n")
    if as_json:
        print_json(config, plan_output.as_json(made))
        return
    print_lines(config, plan_output.as_text(made))


def _add_sql(cli: CommandLine) -> None:
    parser = contexts.add_command(
        cli,
        "sql",
        write_sql,
        ["revision_range"],
        ["output", "split", "downgrade"],
        "Write the SQL of an upgrade into files for review.",
    )
    parser.add_argument(
        "revision_range",
        nargs="?",
        default="base:heads",
        metavar="FROM:TO",
        help="range of revisions (default: %(default)s)",
    )
    add_output_option(parser)
    parser.add_argument(
        "--split",
        action="store_true",
        help="write a file for each revision into the folder of -o "
        f"(default: {FOLDER})",
    )
    parser.add_argument(
        "--downgrade", action="store_true", help="write downgrades instead of upgrades"
    )


def write_sql(
    config: Config,
    revision_range: str,
    output: str | None,
    split: bool,
    downgrade: bool,
) -> None:
    """Write the SQL of revisions for review, to files or to standard output."""
    from alembic_zdt.commands import sql as command  # noqa: PLC0415  # when needed

    if output is None and not split:
        text = command.script_text(config, revision_range, downgrade=downgrade)
        config.print_stdout("%s", text)
        return
    where = Path(output or FOLDER)
    wanted = {"split": split, "downgrade": downgrade}
    for path in command.write(config, revision_range, where, **wanted):
        sys.stderr.write(f"wrote {path}\n")


def _add_status(cli: CommandLine) -> None:
    parser = contexts.add_command(
        cli,
        "status",
        show_status,
        [],
        ["output_format"],
        "Show pending revisions and unfinished workflows.",
        in_words("status"),
    )
    add_format_options(parser)


def show_status(config: Config, output_format: str) -> None:
    """Show pending revisions and unfinished workflows."""
    from alembic_zdt.commands import status as command  # noqa: PLC0415  # when needed

    found = command.statuses(config)
    output = {"databases": [state.as_json() for state in found]}
    lines = command.lines_of(found)
    print_as(config, output_format, "status", output, lines)
    if output_format != PROMETHEUS:  # a job that writes metrics fails with other codes
        codes = (each.exit_code for each in found if each.exit_code)
        sys.exit(next(codes, ExitCode.OK))


def _add_wait(cli: CommandLine) -> None:
    parser = contexts.add_command(
        cli,
        "wait",
        wait,
        [],
        ["timeout", "compatible"],
        "Wait until the database is at the heads, for init containers.",
    )
    parser.add_argument(
        "--timeout",
        default="5min",
        metavar="DURATION",
        help="give up after DURATION; 0s checks once (default: %(default)s)",
    )
    parser.add_argument(
        "--compatible",
        action="store_true",
        help="return once the database has all that this code reads: expand and "
        "migrate were run, new columns are filled, constraints are validated; do not "
        "wait for contract",
    )


def wait(config: Config, timeout: str, compatible: bool) -> None:
    """Wait until the database is ready for this code."""
    from alembic_zdt.commands import wait as command  # noqa: PLC0415  # when needed

    command.wait(config, timeout, compatible=compatible)
