"""The pages that show a terminal show what really happens there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.console import blocks, commands, run

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("tutorial.md", "plan.md", "offline.md")


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
