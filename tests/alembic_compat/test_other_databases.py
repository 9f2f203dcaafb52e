"""A project on another database, which does not use this package."""

from __future__ import annotations

import os

import pytest

from tests.support.changed_alembic import write_project
from tests.support.project import Running

SAME_WORDS = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, zdt_phase = "third", "second", "contract"
zdt_deferred = ["op.create_table('stock')"]
def contract_drop_table(name):
    op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))
def backfill(name):
    op.execute(f"INSERT INTO {name} VALUES (1)")
def upgrade():
    contract_drop_table("alembic_zdt_backfill")
    backfill("alembic_zdt_backfill")
def downgrade():
    op.drop_table("alembic_zdt_backfill")
"""


@pytest.fixture
def sqlite(tmp_path, forkers):
    """Run a stock command in a project on SQLite."""
    write_project(tmp_path, [])

    def run(*arguments):
        url = f"sqlite:///{tmp_path}/database"
        environment = os.environ | {"URL": url}
        running = forkers["alembic"].start([*arguments], tmp_path, environment)
        return Running(running).wait()

    return run


def test_words_of_this_package_mean_nothing_there(sqlite, tmp_path):
    """Neither names of functions, nor variables of revisions, nor tables."""
    third = tmp_path / "migrations" / "versions" / "third.py"
    third.write_text(SAME_WORDS)

    assert sqlite("upgrade", "head").rc == 0
    found = sqlite("check")
    assert "remove_table" in found.output
    assert sqlite("downgrade", "base").rc == 0


def test_nothing_of_this_package_is_loaded_there(sqlite, tmp_path):
    """But what the plugin announces."""
    env = tmp_path / "migrations" / "env.py"
    shown = (
        "import sys\n"
        "print(sorted(m for m in sys.modules if m.startswith('alembic_zdt.')))\n"
    )
    env.write_text(f"{env.read_text()}{shown}")

    before = sqlite("current").ok().stdout
    after = sqlite("upgrade", "head").ok().stdout

    assert after == before
