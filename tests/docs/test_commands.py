"""Every command of ours that a page or a docstring shows really runs."""

from __future__ import annotations

import pytest

from tests.docs.command_lines import complete, subcommand
from tests.docs.reader import BEFORE, CHANGING, HEAD
from tests.docs.verdicts import typed


def changes(lines):
    return any(subcommand(complete(line)) in CHANGING for line in lines)


LOOKING = [lines for lines in typed() if not changes(lines)]
CHANGING_LINES = [lines for lines in typed() if changes(lines)]


@pytest.mark.slow
@pytest.mark.parametrize("where", sorted({*BEFORE.values(), HEAD}))
def test_commands_that_change_nothing(reader, where):
    """One after the other, on the same database."""
    reader.stands_at(where)
    reader.types("alembic-zdt lint --write-baseline FILE")
    for lines in LOOKING:
        if BEFORE.get(subcommand(complete(lines[-1])), HEAD) == where:
            for line in lines:
                reader.types(line)


@pytest.mark.parametrize("lines", CHANGING_LINES, ids="; ".join)
def test_command_does_what_it_is_for(reader, lines):
    """It is understood, finds its place, and ends well."""
    reader.stands_before(lines[0])
    for line in lines:
        reader.types(line)
