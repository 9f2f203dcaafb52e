"""The work of autogenerate grows with the tables, not with their square."""

from __future__ import annotations

import cProfile
import pstats
import subprocess
import sys
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from tests.support.round_trip import tables_of

MODELS = """
metadata = sa.MetaData()
for n in range({}):
    sa.Table(f"t{{{{n}}}}", metadata, sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, index=True, unique=True),
        sa.Column("kind", sa.Integer, server_default="5"),
        sa.Column("up", sa.ForeignKey(f"t{{{{max(n - 1, 0)}}}}.id"), index=True), {})
"""
FEW, MANY = 8, 32


@contextmanager
def counted():
    """Count the calls of our functions, and the statements."""
    counts = {"calls": 0, "statements": 0}

    def count(*_given):
        counts["statements"] += 1

    profile = cProfile.Profile()
    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    profile.enable()
    try:
        yield counts
    finally:
        profile.disable()
        sa.event.remove(sa.Engine, "before_cursor_execute", count)
    stats = pstats.Stats(profile).stats
    counts["calls"] = sum(row[1] for at, row in stats.items() if "alembic_zdt" in at[0])


@pytest.fixture
def grown(db, project):
    """Call with sources of models; returns what each number of tables costs."""

    def grown(before, after):
        found = []
        for number in (FEW, MANY):
            tables_of(db, project, before.format(number))
            project.models(after.format(number))
            if "alembic_zdt" not in project.env.read_text():
                project.rewriting()
            with counted() as counts:
                project.run("revision", "new", autogenerate=True)
            found.append(counts)
        return found

    return grown


NONE = "metadata = sa.MetaData()"
OLD, NEW = (MODELS.format("{}", f'sa.Column("{name}", sa.Text)') for name in "on")


@pytest.mark.parametrize(
    ("before", "after"),
    [(NONE, OLD), (OLD, NONE), (OLD, NEW), (OLD, OLD)],
    ids=["new-tables", "dropped-tables", "other-columns", "nothing-new"],
)
def test_calls_and_statements_grow_linearly(grown, before, after):
    """Tables that are only compared cost a statement of Alembic at most."""
    few, many = grown(before, after)

    for kind in ("calls", "statements"):
        assert many[kind] <= few[kind] * MANY / FEW * 1.05
    if before == after:
        assert many["statements"] - few["statements"] <= MANY - FEW


def test_comparison_that_finds_nothing_imports_no_directive():
    """Their import takes longer than the comparison of a hundred tables."""
    code = (
        "import sys, alembic_zdt.cli.program, alembic_zdt.autogenerate.rewriter\n"
        "import alembic_zdt.autogenerate.comparing.comparison_hooks\n"
        "print([each for each in sys.modules if each.startswith('alembic_zdt.work')])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.returncode) == ("[]\n", 0)
