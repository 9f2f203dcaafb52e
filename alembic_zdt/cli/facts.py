"""The command ``alembic-zdt facts``, and the option ``--facts`` of other commands."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts

if TYPE_CHECKING:
    from alembic_zdt.facts.exported import Facts


def add(cli: CommandLine) -> None:
    """Add ``facts`` and its action to Alembic's command line."""
    parser = contexts.add_command(
        cli,
        "facts",
        export,
        [],
        [],
        "Write facts of the database to a file, for lint and plan without a database.",
    )
    actions: Any = parser.add_subparsers(metavar="ACTION", required=True)
    words = "write sizes, types and settings of the database, and no rows"
    action = actions.add_parser("export", help=words, description=words)
    action.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to FILE instead of standard output",
    )
    action.add_argument(
        "--anonymous",
        action="store_true",
        help="write hashes instead of the names of tables, columns and other objects",
    )
    action.set_defaults(cmd=(export, [], ["output", "anonymous"]))


def export(config: Config, output: str | None, anonymous: bool) -> None:
    """Export facts of the database, to a file or to standard output."""
    from alembic_zdt.commands import facts_export as command  # noqa: PLC0415  # when needed
    from alembic_zdt.facts.facts_file import text_of  # noqa: PLC0415  # when needed

    found = command.export_facts(config, anonymous=anonymous)
    if output is None:
        config.print_stdout("%s", text_of(found).rstrip())
        return
    command.write(found, Path(output))
    sys.stderr.write(f"wrote {output}\n")


def add_facts_option(parser: ArgumentParser, words: str) -> None:
    """Add ``--facts`` to a command."""
    parser.add_argument("--facts", metavar="FILE", help=words)


def facts_in(path: str | None) -> Facts | None:
    """Return the facts in the file of ``--facts``, None without the option."""
    if path is None:
        return None
    from alembic_zdt.facts.facts_file import read  # noqa: PLC0415  # when needed

    return read(Path(path))


def tell_of_facts(exported_at: str | None, effect: str) -> None:
    """Print that facts were used, when they were exported, and whether they are old.

    Args:
        exported_at: when they were exported, None if none were used.
        effect: what follows if they are old, as the end of the warning.
    """
    if not exported_at:
        return
    from alembic_zdt.facts.exported import LONGEST_AGE, is_old  # noqa: PLC0415  # when needed

    sys.stderr.write(f"no database was asked: the facts of {exported_at} were used\n")
    if is_old(exported_at):
        age = f"the facts are older than {LONGEST_AGE.days} days"
        sys.stderr.write(f"WARNING: {age}: {effect}\n")
