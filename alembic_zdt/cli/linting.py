"""The command ``alembic-zdt lint``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli.facts import add_facts_option, facts_in, tell_of_facts
from alembic_zdt.exit_codes import in_words
from alembic_zdt.printable import printable

if TYPE_CHECKING:
    from alembic_zdt.commands.lint import Linted


def add(cli: CommandLine) -> None:
    """Add ``lint`` to Alembic's command line."""
    parser = contexts.add_command(
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
            "facts",
            "fix",
        ],
        "Check revisions for operations that block or break the application.",
        in_words("lint"),
    )
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="RANGE|FILE.sql",
        help="range <from>:<to> of revisions (default: all), or files of SQL",
    )
    parser.add_argument(
        "--downgrade",
        action="store_true",
        help="check downgrades instead of upgrades",
    )
    parser.add_argument(
        "--git",
        metavar="BASE",
        help="report only revisions that were changed or added since BASE",
    )
    parser.add_argument(
        "--since",
        metavar="REV",
        help="check only revisions after REV; the same as the range REV:heads",
    )
    parser.add_argument(
        "--baseline", metavar="FILE", help="report only findings that are not in FILE"
    )
    parser.add_argument(
        "--write-baseline",
        metavar="FILE",
        dest="written",
        help="write current findings to FILE and report none",
    )
    add_stub_option(parser)
    parser.add_argument(
        "--fix",
        action="store_true",
        help="rewrite calls that have a safe equivalent with the same arguments, and "
        "split revisions in which a change comes before a directive",
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help="ask this database for sizes and effects; without a range, check the "
        "revisions that it does not have yet",
    )
    add_facts_option(
        parser,
        "use the facts in FILE instead of a database, see alembic-zdt facts export",
    )
    parser.add_argument(
        "--format",
        default="human",
        help="print human, json, github, gitlab, sarif or markdown (default: human)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        dest="as_json",
        help="print JSON, as --format json does",
    )
    parser.add_argument(
        "--explain",
        metavar="CHECK",
        help="explain CHECK and look at no revision, as alembic-zdt explain CHECK does",
    )


def add_stub_option(parser: ArgumentParser) -> None:
    """Add ``--stub`` to a command."""
    parser.add_argument(
        "--stub",
        action="append",
        default=[],
        dest="stubs",
        metavar="PACKAGE",
        help="replace missing modules of PACKAGE with empty stubs",
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
    facts: str | None,
    fix: bool,
) -> None:
    """Check revisions for operations that block or break the application."""
    from alembic_zdt.commands.lint import baseline as baselines  # noqa: PLC0415  # if needed
    from alembic_zdt.commands.lint import formats  # noqa: PLC0415  # when needed
    from alembic_zdt.commands.lint.terminal import draw  # noqa: PLC0415  # when needed

    if explain is not None:
        from alembic_zdt.cli import explaining  # noqa: PLC0415  # when needed

        explaining.explain(config, explain)
        return
    write = formats.named("json" if as_json else format)
    options = {
        "git": git,
        "downgrade": downgrade,
        "stubs": stubs,
        "database": database,
        "facts": facts_in(facts),
    }
    found = _found(config, targets, since, options)
    if fix:
        found = _fixed(config, targets, since, options, found)
    _tell_of_parser(found)
    tell_of_facts(found.facts, "their sizes and proofs are ignored")
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


def _tell_of_parser(found: Linted) -> None:
    if not found.unread_sql:
        return
    from alembic_zdt.checks.sql.parsing import advice  # noqa: PLC0415  # when needed
    from alembic_zdt.printable import counted  # noqa: PLC0415  # when needed

    places = counted(found.unread_sql, "place")
    _tell(f"WARNING: SQL was not looked at in {places}: its parser is not installed")
    _tell(f"  {advice()}")


def _fixed(
    config: Config,
    targets: Sequence[str],
    since: str | None,
    options: dict[str, Any],
    found: Linted,
) -> Linted:
    """Fix what can be fixed in the files, and return the findings that remain."""
    from alembic_zdt.commands.lint.split import finish  # noqa: PLC0415  # if needed

    if not all(target.endswith(".sql") for target in targets or [""]) and finish(
        config
    ):
        found = _found(config, targets, since, options)
    _fix(found)
    found = _found(config, targets, since, options)
    while not options["downgrade"] and _split(found):
        found = _found(config, targets, since, options)
    return found


def _fix(found: Linted) -> None:
    from alembic_zdt.commands.lint.fix import fix  # noqa: PLC0415  # if needed

    findings, files = fix(found)
    from alembic_zdt.printable import counted  # noqa: PLC0415  # when needed

    said = " in ".join((counted(findings, "finding"), counted(files, "file")))
    _tell(f"fixed {said}")


def _split(found: Linted) -> bool:
    """Split revisions, and return whether there may be more to split."""
    from alembic_zdt.commands.lint.formats import relative  # noqa: PLC0415  # if needed
    from alembic_zdt.commands.lint.split import split_all  # noqa: PLC0415  # when needed

    done = split_all(found)
    for file, before in done.written:
        _tell(f"split {relative(file)}: {before.name} comes before it")
    for left, reason in () if done.written else done.left:
        _tell(f"did not split {relative(left.file)}:{left.line}: {reason}")
    return bool(done.written)


def _tell(words: str) -> None:
    sys.stderr.write(f"{printable(words)}\n")  # stdout is for programs


def _found(
    config: Config, targets: Sequence[str], since: str | None, options: dict[str, Any]
) -> Linted:
    """Check files of SQL, or else revisions."""
    from alembic_zdt.commands import lint as command  # noqa: PLC0415  # when needed
    from alembic_zdt.commands.lint import formats  # noqa: PLC0415  # when needed

    if targets and all(target.endswith(".sql") for target in targets):
        if since or options["git"] or options["downgrade"]:
            raise formats.only_for_revisions(targets)
        paths = [Path(target) for target in targets]
        sources = {name: options[name] for name in ("database", "facts")}
        return command.lint_files(paths, config, **sources)
    if len(targets) + bool(since) > 1:
        raise formats.too_many(targets)
    wanted = f"{since}:heads" if since else next(iter(targets), None)
    return command.lint(config, wanted, **options)
