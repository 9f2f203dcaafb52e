"""Commands that write revisions, or compare the models with the database."""

from __future__ import annotations

import sys
from typing import Any

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli.output import add_json_option, print_json, print_lines
from alembic_zdt.exit_codes import in_words


def add(cli: CommandLine) -> None:
    """Add ``contract`` to Alembic's command line, and change Alembic's commands."""
    _change_init(cli)
    _change_revision(cli)
    _change_check(cli)
    _add_contract(cli)


def _change_init(cli: CommandLine) -> None:
    from alembic_zdt.commands.init import DIRECTORY, OURS  # noqa: PLC0415  # when needed

    defaults = {"directory": DIRECTORY, "template": OURS}
    names = ["template", "package"]
    contexts.change_command(cli, "init", init, ["directory"], names, optional=defaults)


def init(config: Config, directory: str, template: str, package: bool) -> None:
    """Create a folder for revisions, by default with this package's env.py."""
    from alembic_zdt.commands import init as command  # noqa: PLC0415  # when needed

    command.init(config, directory, template, package=package)


def _change_revision(cli: CommandLine) -> None:
    names = [*_REVISION, "renames"]
    parser = contexts.change_command(cli, "revision", revision, [], names, optional={})
    parser.add_argument(
        "--rename",
        action="append",
        default=[],
        dest="renames",
        metavar="TABLE.OLD:NEW",
        help="write a rename of the column, or of the table (OLD:NEW); "
        "needs --autogenerate",
    )


_REVISION = [
    "message",
    "autogenerate",
    "sql",
    "head",
    "splice",
    "branch_label",
    "version_path",
    "rev_id",
    "depends_on",
]


def revision(config: Config, **options: Any) -> None:
    """Write a revision, or one for each phase of what autogenerate found."""
    from alembic_zdt.commands import revision as command  # noqa: PLC0415  # when needed

    command.revision(config, **options)


def _change_check(cli: CommandLine) -> None:
    parser = contexts.change_command(cli, "check", check, [], ["as_json"], optional={})
    parser.description = f"{check.__doc__} {in_words('check')}"
    add_json_option(parser)


def check(config: Config, as_json: bool) -> None:
    """Compare the models with the database."""
    from alembic_zdt.commands import check as command  # noqa: PLC0415  # when needed

    found = command.check(config)
    if as_json:
        print_json(config, found.as_json())
    else:
        print_lines(config, found.as_text())
    sys.exit(found.exit_code)


def _add_contract(cli: CommandLine) -> None:
    parser = contexts.add_command(
        cli,
        "contract",
        write_contracts,
        [],
        _CONTRACT,
        "Write the contract revisions that were left for later, if all rows are proven "
        "equal in both columns.",
    )
    parser.add_argument(
        "-m", "--message", help="use MESSAGE (default: message of the expand)"
    )
    parser.add_argument(
        "--rev-id", metavar="ID", help="use ID instead of a generated revision id"
    )
    parser.add_argument(
        "--head",
        default="head",
        metavar="REVISION",
        help="write the revision after REVISION (default: %(default)s)",
    )
    parser.add_argument(
        "--splice",
        action="store_true",
        help="continue after a REVISION that is not a head",
    )
    parser.add_argument(
        "--branch-label", metavar="LABEL", help="give the first revision this LABEL"
    )
    parser.add_argument(
        "--version-path", metavar="FOLDER", help="write the files into FOLDER"
    )
    parser.add_argument(
        "--depends-on",
        action="append",
        metavar="REVISION",
        help="write a dependency on REVISION, too",
    )


_CONTRACT = [
    "message",
    "rev_id",
    "head",
    "splice",
    "branch_label",
    "version_path",
    "depends_on",
]


def write_contracts(config: Config, message: str | None, **options: Any) -> None:
    """Write the contract revisions that were left for later."""
    from alembic_zdt.commands.contract import contract  # noqa: PLC0415  # when needed

    if not contract(config, message, **options):
        config.print_stdout("there is no contract to write")
