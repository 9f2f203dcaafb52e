"""``alembic-zdt lint``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import CommandLine, Config

from alembic_zdt import compat

if TYPE_CHECKING:
    from alembic_zdt.commands.lint import Linted


def add(cli: CommandLine) -> None:
    """Add it to Alembic's command line."""
    parser = compat.add_command(
        cli,
        "lint",
        lint,
        ["targets"],
        [
            "as_json",
            "format",
            "git",
            "explain",
            "downgrade",
            "stubs",
            "since",
            "baseline",
            "written",
            "database",
            "fix",
        ],
        "Say what in revisions stalls the application or breaks it; exit code 0, for "
        "warnings 1, for errors 2.",
    )
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="RANGE|FILE.sql",
        help="<from>:<to>, default: all; or files of SQL",
    )
    parser.add_argument("--downgrade", action="store_true", help="of the way back")
    parser.add_argument(
        "--git", metavar="BASE", help="only files that differ from this commit"
    )
    parser.add_argument(
        "--since", metavar="REV", help="only what comes after it, as REV:heads"
    )
    parser.add_argument("--baseline", metavar="FILE", help="say only what is not in it")
    parser.add_argument(
        "--write-baseline",
        metavar="FILE",
        dest="written",
        help="write down what is there now, and say nothing of it",
    )
    parser.add_argument(
        "--stub",
        action="append",
        default=[],
        dest="stubs",
        metavar="PACKAGE",
        help="what cannot be imported of it is answered by nothing",
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="write the safe call where it is only another call with the same plain "
        "arguments",
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help="ask it how big tables are and what it would do; of revisions those that "
        "it does not have yet, if no range is given",
    )
    parser.add_argument(
        "--format",
        default="human",
        help="human, json, github, gitlab, sarif or markdown",
    )
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="as --format json"
    )
    parser.add_argument(
        "--explain", metavar="CHECK", help="say what a check is about, and end"
    )


def lint(
    config: Config,
    targets: Sequence[str],
    as_json: bool,
    format: str,  # noqa: A002  # its name on the command line
    git: str | None,
    explain: str | None,
    downgrade: bool,
    stubs: Sequence[str],
    since: str | None,
    baseline: str | None,
    written: str | None,
    database: str | None,
    fix: bool,
) -> None:
    """Say what in revisions stalls the application or breaks it."""
    from alembic_zdt.commands.lint import baseline as baselines  # noqa: PLC0415  # if needed
    from alembic_zdt.commands.lint import formats  # noqa: PLC0415
    from alembic_zdt.commands.lint.terminal import draw  # noqa: PLC0415

    if explain is not None:
        for line in formats.explained(explain):
            config.print_stdout("%s", line)
        return
    write = formats.named("json" if as_json else format)
    options = {"git": git, "downgrade": downgrade, "stubs": stubs, "database": database}
    found = _found(config, targets, since, options)
    if fix:
        _fix(found)
        found = _found(config, targets, since, options)
    if written is not None:
        baselines.write(found, Path(written))
        return
    if baseline is not None:
        found = baselines.against(found, Path(baseline))
    is_for_people = format == "human" and not as_json
    if not (is_for_people and config.stdout.isatty() and draw(found, config.stdout)):
        for line in write(found):
            config.print_stdout("%s", line)
    sys.exit(found.exit_code)


def _fix(found: Linted) -> None:
    from alembic_zdt.commands.lint.fix import fix  # noqa: PLC0415  # if needed

    findings, files = fix(found)
    from alembic_zdt.commands.lint.formats import counted  # noqa: PLC0415

    said = " in ".join((counted(findings, "finding"), counted(files, "file")))
    print(f"fixed {said}", file=sys.stderr)  # noqa: T201  # beside what is for programs


def _found(
    config: Config, targets: Sequence[str], since: str | None, options: dict[str, Any]
) -> Linted:
    """In files of SQL, or else in revisions."""
    from alembic_zdt.commands import lint as command  # noqa: PLC0415  # when needed
    from alembic_zdt.commands.lint import formats  # noqa: PLC0415

    if targets and all(target.endswith(".sql") for target in targets):
        if since or options["git"] or options["downgrade"]:
            raise formats.only_for_revisions(targets)
        paths = [Path(target) for target in targets]
        return command.lint_files(paths, config, options["database"])
    if len(targets) + bool(since) > 1:
        raise formats.too_many(targets)
    wanted = f"{since}:heads" if since else next(iter(targets), None)
    return command.lint(config, wanted, **options)
