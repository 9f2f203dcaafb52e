"""The pages that show a terminal show what really happens there."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.docs.console import blocks, commands, run

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("tutorial.md", "plan.md", "offline.md")


@pytest.fixture
def shop(tmp_path):
    """A copy of the example, as a reader would have it."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(ROOT / "examples/shop", tmp_path / "shop", ignore=ignored)


@pytest.fixture
def terminal(db, tmp_path):
    """The environment of a terminal: the shop's address, our programs first."""
    paths = [str(Path(sys.executable).parent), str(db.server.bin), os.environ["PATH"]]
    return (
        os.environ
        | db.server.environment(db.database)
        | {
            "PATH": os.pathsep.join(paths),
            "PGOPTIONS": f"-c search_path={db.schema}",
            "PYTHONDONTWRITEBYTECODE": "",  # the page runs a dozen programs
            "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode"),
            "ZDT_DATABASE_URL": db.url("psycopg"),
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_page_shows_what_happens(db, shop, terminal, name):
    """Every command of the page, in order, prints what the page says."""
    with db.session() as second:
        for block in blocks(ROOT / "docs" / name):
            if block.language == "sql":
                second.execute(block.text)
            if block.language == "console":
                for command in commands(block):
                    run(command, shop, terminal)
