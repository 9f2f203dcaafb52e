"""Installed, and not used: stock Alembic says, writes and does what it does without."""

from __future__ import annotations

import pytest

from tests.alembic_compat.stock_projects import projects
from tests.support.project import HAS_PLUGINS
from tests.support.stock import run_stock

PROJECTS = tuple(projects())

pytestmark = pytest.mark.skipif(
    not HAS_PLUGINS, reason="before 1.18 Alembic loads no plugins"
)


def test_there_are_forty_and_no_name_twice():
    assert len({each.name for each in PROJECTS}) == len(PROJECTS) >= 40


@pytest.mark.parametrize("stock", PROJECTS, ids=lambda each: each.name)
def test_stock_project_is_the_same_with_the_package(db, tmp_path, forkers, stock):
    """What is printed and logged, which files there are, what is in the database."""
    without, ours = (
        run_stock(stock, tmp_path / name, db, forkers[name])
        for name in ("without", "with")
    )

    assert (without.is_loaded, ours.is_loaded) == (False, True)
    # Alembic goes through sets; before Python 3.12 the hash of None is an address.
    assert sorted(ours.stdout.splitlines()) == sorted(without.stdout.splitlines())
    assert sorted(ours.stderr.splitlines()) == sorted(without.stderr.splitlines())
    assert ours.files == without.files
    assert ours.catalog == without.catalog
