"""Copied recipes do what ``docs/copied-recipes.md`` tells of them, and are found."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy.exc import MissingGreenlet

from alembic_zdt.commands.doctor import doctor
from alembic_zdt.commands.lint import lint
from tests.docs.console import blocks
from tests.docs.shown import ROOT
from tests.support.project import Project

RECIPES = ROOT / "tests/docs/recipes"
PAGES = ("docs/copied-recipes.md", "docs/howto/from-autocommit-block.md")
TABLES = """
op.create_table("plans", sa.Column("name", sa.Text()))
op.create_table(
    "users", sa.Column("email", sa.Text()), sa.Column("plan", sa.Text())
)
op.create_table(
    "orders", sa.Column("user_id", sa.Integer()), sa.Column("total", sa.Integer())
)
op.execute("INSERT INTO users (email) VALUES ('Ann@example.com')")
"""
CHECK = re.compile(r"\]\((?:\.\./)?checks/([a-z-]+)\.md\)")


def sections():
    """Each recipe as it is found, with the checks that its section names."""
    for page in PAGES:
        for section in (ROOT / page).read_text().split("\n## ")[1:]:
            found = re.search(r"<!-- from \S+/found/(\w+)\.py -->", section)
            if found and found[1] != "env":
                yield found[1], set(CHECK.findall(section))


def revisions(kind):
    return [path for path in (RECIPES / kind).glob("*.py") if path.stem != "env"]


@pytest.fixture
def shop(project):
    """A project with the tables of the recipes; each recipe is one of its heads."""

    def take(*paths):
        for path in project.scripts():
            path.unlink()
        project.revision(
            "tables", TABLES, 'op.irreversible("a test")', down_revision=None
        )
        for path in paths:
            project.write(project.versions / path.name, path.read_text())
        return project

    return take


def test_checks_find_the_recipes_that_the_pages_say(shop):
    """Each recipe by exactly these, and no correction by any."""
    found = defaultdict(set)
    for kind in ("found", "instead"):
        linted = lint(shop(*revisions(kind)).config())
        for each in linted.findings:
            if each.check != "multiple-heads":
                found[Path(each.file).stem, kind].add(each.check)

    assert found == {(name, "found"): checks for name, checks in sections()}
    assert len(found) == len(revisions("found"))


def test_corrections_run(db, shop, phases_in_one_run):
    project = shop(*revisions("instead"))

    project.upgrade("heads")

    assert db.rows("SELECT email, plan, login FROM users") == [
        ("Ann@example.com", "free", "ann@example.com")
    ]
    assert db.column("SELECT name FROM plans") == ["free"]
    assert db.indexes("orders") == [
        "ix_orders_user_id",
        "ix_orders_weight",
        "ix_total",
    ]


def test_every_block_of_the_pages_is_a_recipe():
    shown = {block.source for page in PAGES for block in blocks(ROOT / page)}

    assert {ROOT / source for source in shown if source} == {*RECIPES.glob("*/*.py")}


@pytest.fixture
def recipe(db, tmp_path, forkers):
    """Make a project of one recipe with the env.py of a driver."""

    def make(name, driver):
        project = Project(tmp_path, db, driver, forkers)
        project.revision("tables", TABLES)
        path = RECIPES / f"found/{name}.py"
        project.write(project.versions / path.name, path.read_text())
        return project

    return make


@pytest.mark.parametrize(
    ("driver", "error", "why"),
    [
        ("psycopg", MissingGreenlet, "greenlet_spawn has not been called"),
        ("asyncpg", TypeError, "can't be used in 'await' expression"),
    ],
)
def test_result_cannot_be_awaited(recipe, driver, error, why):
    with pytest.raises(error, match=why):
        recipe("await_only", driver).upgrade()


def test_asyncio_run_fails_over_an_async_driver(recipe):
    """In a process of its own, for the warning of the coroutine that it leaves."""
    done = recipe("asyncio_run", "asyncpg").cli("upgrade", "head")

    assert done.rc != 0
    assert "cannot be called from a running event loop" in done.output


def test_second_run_of_an_autocommit_block_finds_its_column(db, shop):
    project = shop(RECIPES / "found/autocommit_block.py")
    project.upgrade("tables")
    db.execute("CREATE TABLE ix_orders_weight ()")

    for why in ("ix_orders_weight", 'column "weight" .*already exists'):
        with pytest.raises(Exception, match=why):
            project.upgrade("head")


def test_empty_downgrade_leaves_the_table(shop):
    project = shop(RECIPES / "found/empty_downgrade.py")

    project.upgrade("head")
    project.downgrade("-1")

    with pytest.raises(Exception, match='relation "teams" already exists'):
        project.upgrade("head")


def test_file_that_is_run_unread_loses_the_addresses(db, shop):
    project = shop(RECIPES / "found/unread.py")

    project.upgrade("head", x=["zdt.guard=off"])

    assert db.rows("SELECT count(*), count(mail) FROM users") == [(1, 0)]
    assert db.columns("users") == ["plan", "mail"]


def test_doctor_finds_one_transaction_for_all_revisions(project):
    project.write(project.env, (RECIPES / "found/env.py").read_text())

    found = doctor(project.config()).findings

    (finding,) = (each for each in found if each.check == "transactions")
    assert "transaction_per_migration is off" in finding.message


def test_alembic_ini_has_no_such_option(project):
    ini = project.ini.read_text()
    project.write(
        project.ini,
        ini.replace("[alembic]\n", "[alembic]\ntransaction_per_migration = true\n"),
    )

    found = doctor(project.config()).findings

    assert "transactions" in {each.check for each in found}
