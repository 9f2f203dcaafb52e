"""The pages that show a terminal show what really happens there."""

from __future__ import annotations

import pytest

from tests.docs.console import Command, blocks, commands, run
from tests.docs.shown import ROOT, pages, shell_lines

PAGES = [
    page.relative_to(ROOT).as_posix()
    for page in pages()
    if "```console" in page.read_text() and page.name != "quickstart.md"
]
FILL = "alembic upgrade 0001 && ROWS=20000 python fill.py"
README = ROOT / "examples/shop/README.md"


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_page_shows_what_happens(db, shop, terminal, name):
    """Every command of the page, in order, prints what the page says."""
    if "<!-- old sessions count -->" in (ROOT / name).read_text():
        del terminal["ZDT_ALLOW_SAME_RUN"]
        with (shop / "alembic.ini").open("a") as ini:
            ini.write("\n[alembic_zdt]\nignore_applications = zdt-test\n")
    if "SCRATCH_SERVER" in (ROOT / name).read_text():
        del terminal["PGOPTIONS"]  # a new database has only the schema public
    with db.session() as second:
        for block in blocks(ROOT / name):
            for line in block.first:
                run(Command(line, ""), shop, terminal)
            if block.language == "sql":
                second.execute(block.text)
            if block.language == "console":
                for command in commands(block):
                    run(command, shop, terminal)


def test_both_ways_of_the_shop_lead_to_the_same_tables(db, shop, terminal):
    """Its README shows them: our directives, and Alembic's own operations."""
    (block,) = [block for block in blocks(README) if block.language == "sh"]
    address, *ways = [line for _, line in shell_lines(block.text)]
    assert address.startswith("export ZDT_DATABASE_URL=")
    assert len(ways) == 2

    pictures = []
    for line in ways:
        db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")
        run(Command(f"{FILL} && {line}", ""), shop, terminal)
        db.execute("DROP TABLE IF EXISTS alembic_zdt_revision")
        pictures.append(db.catalog())

    ours, theirs = pictures
    assert ours == theirs
