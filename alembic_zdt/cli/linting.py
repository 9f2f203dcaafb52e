"""``alembic-zdt lint``."""

from __future__ import annotations

import json
import sys

from alembic.config import CommandLine, Config

from alembic_zdt import compat


def add(cli: CommandLine) -> None:
    """Add it to Alembic's command line."""
    parser = compat.add_command(
        cli,
        "lint",
        lint,
        ["revision_range"],
        ["as_json", "downgrade"],
        "Say what in revisions stalls the application or breaks it, without a "
        "database; exit code 0, for warnings 1, for errors 2.",
    )
    parser.add_argument(
        "revision_range", nargs="?", metavar="RANGE", help="<from>:<to>, default: all"
    )
    parser.add_argument("--downgrade", action="store_true", help="of the way back")
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="print JSON"
    )


def lint(
    config: Config, revision_range: str | None, as_json: bool, downgrade: bool
) -> None:
    """Say what in revisions stalls the application or breaks it."""
    from alembic_zdt.commands import lint as command  # noqa: PLC0415  # when needed

    found = command.lint(config, revision_range, downgrade=downgrade)
    if as_json:
        config.print_stdout("%s", json.dumps(found.as_json(), indent=2))
    else:
        for line in found.as_text():
            config.print_stdout("%s", line)
    sys.exit(found.exit_code)
