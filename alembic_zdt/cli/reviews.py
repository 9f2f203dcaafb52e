"""The command ``alembic-zdt review``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.cli.facts import add_facts_option, facts_in, tell_of_facts
from alembic_zdt.cli.linting import add_stub_option
from alembic_zdt.cli.output import add_output_option
from alembic_zdt.exit_codes import in_words
from alembic_zdt.printable import printable

_OPTIONS = (
    *("git", "as_json", "format", "output", "comment", "fail_on"),
    *("stubs", "database", "facts"),
)


def add(cli: CommandLine) -> None:
    """Add ``review`` to Alembic's command line."""
    parser = contexts.add_command(
        cli,
        "review",
        review,
        [],
        list(_OPTIONS),
        "Write one comment for a pull request about the revisions of a branch.",
        f"{in_words('review')} With --fail-on, a condition that is met is an error, "
        "and a condition that could not be decided is a warning.",
    )
    parser.add_argument(
        "--git",
        metavar="BASE",
        default="origin/main",
        help="report the revisions that were changed or added since BASE (default: "
        "%(default)s)",
    )
    parser.add_argument(
        "--format",
        default="markdown",
        help="print markdown, json, github or gitlab (default: markdown)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        dest="as_json",
        help="print JSON, as --format json does",
    )
    add_output_option(parser)
    parser.add_argument(
        "--comment",
        metavar="FILE",
        help="write the comment to FILE, too, whatever the format is",
    )
    parser.add_argument(
        "--fail-on",
        metavar="CONDITIONS",
        help="end with an error only if a condition is met, for example "
        '"severity>=error, estimate>10min, lock>200ms"',
    )
    add_stub_option(parser)
    parser.add_argument(
        "--database",
        metavar="URL",
        help="ask this database for sizes, effects and estimates",
    )
    add_facts_option(
        parser,
        "use the facts in FILE instead of a database, see alembic-zdt facts export",
    )


def review(
    config: Config,
    git: str,
    as_json: bool,
    format: str,  # noqa: A002  # its name on the command line
    output: str | None,
    comment: str | None,
    fail_on: str | None,
    stubs: Sequence[str],
    database: str | None,
    facts: str | None,
) -> None:
    """Write one comment about the revisions that the branch adds or changes."""
    from alembic_zdt.commands import review as command  # noqa: PLC0415  # when needed
    from alembic_zdt.commands.review import review_formats  # noqa: PLC0415  # as above

    write = review_formats.review_format("json" if as_json else format)
    found = command.review(
        config,
        git,
        stubs=stubs,
        database=database,
        facts=facts_in(facts),
        fail_on=fail_on,
    )
    tell_of_facts(found.linted.facts, "their sizes and proofs do not count")
    for each in found.decisions or ():
        if each.is_met is not False:
            result = "is met" if each.is_met else "could not be decided"
            causes = printable("; ".join(each.causes))
            sys.stderr.write(f"{each.condition} {result}: {causes}\n")
    texts = {Path(output): write(found)} if output else {}
    if comment:
        texts[Path(comment)] = review_formats.review_format("markdown")(found)
    review_formats.write_files(texts)
    if output is None:
        config.print_stdout("%s", write(found).rstrip("\n"))
    sys.exit(found.exit_code)
