"""A newer Alembic that has changed one of its private names."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from alembic_zdt.alembic_compat.patches import TABLE
from tests.support.changed_alembic import Change, arguments_of
from tests.support.choice import FULL
from tests.support.project import ROOT, Running

PROGRAM = "tests.support.changed_alembic"

NO_RENAME = {
    "__init__": "Python's own name",
    "get_multi_columns": "SQLAlchemy and Alembic put that name together from parts",
}
FILES = {"flush": ("operations/base.py", "operations/batch.py")}
"""Names that other libraries have, too -> the files where it is Alembic's."""


RENAMED = {
    row.path: [Change(row.name, files=FILES.get(row.name, ()))]
    for row in TABLE
    if row.name not in NO_RENAME
}
ALTERED = {
    row.path: [Change(row.name, row.owner.partition(":")[2], is_renamed=False)]
    for row in TABLE
    if row.parameters is not None
}
TOGETHER = {"all but SQLAlchemy's": [each[0] for each in ALTERED.values()]}
"""One at a time with ZDT_TEST_FULL=1 only."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Compile what is imported once, not for each change."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def stock(forkers, db, tmp_path, cache):
    """Run the stock commands in a project that does not use this package."""

    def run(changes, *, is_installed=True, is_of_sqlalchemy=False):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        urls = ["sqlite:///FOLDER/database", db.url()]
        given = {"urls": urls, "is_installed": is_installed, "cache": cache}
        call = [arguments_of(changes, **given)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        if is_of_sqlalchemy:  # which the other process has imported already
            popen = subprocess.Popen(
                [sys.executable, "-m", PROGRAM, *call],
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            running = Running(popen)
        else:
            running = Running(forkers[PROGRAM].start(call, folder, environment))
        found = json.loads(running.wait().ok().stdout)
        db.execute("DROP TABLE alembic_version")
        return found

    return run


@pytest.fixture(scope="module")
def known():
    return {}


@pytest.fixture
def without(stock, known):
    """What the commands do without the package."""
    return known or known.update(stock([], is_installed=False)) or known


@pytest.mark.parametrize("path", RENAMED)
def test_a_renamed_name_changes_nothing_in_stock_commands(stock, without, path):
    """But for one warning at most, which names Alembic and what to do."""
    found = stock(RENAMED[path], is_of_sqlalchemy=path.startswith("sqlalchemy"))

    assert found["databases"] == without["databases"]
    assert len(found["warnings"]) <= 1
    assert all("pip install alembic==" in words for words in found["warnings"])


@pytest.mark.parametrize("path", ALTERED if FULL else TOGETHER)
def test_another_signature_changes_nothing_in_stock_commands(stock, without, path):
    """But for one warning at most for each."""
    changes = (ALTERED if FULL else TOGETHER)[path]
    found = stock(changes, is_of_sqlalchemy=path.startswith("sqlalchemy"))

    assert found["databases"] == without["databases"]
    assert len(set(found["warnings"])) == len(found["warnings"]) <= len(changes)
    assert all("pip install alembic==" in words for words in found["warnings"])


def test_an_alembic_that_is_known_needs_no_warning(stock, without):
    found = stock([])

    assert (found["databases"], found["warnings"]) == (without["databases"], [])
