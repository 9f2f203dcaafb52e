"""On more than 100 tables SQLAlchemy reflects all tables at once."""

from __future__ import annotations

import pytest

TABLES = (
    "DO $$ BEGIN FOR n IN 1..101 LOOP EXECUTE format("
    "'CREATE TABLE shelf_%s (id int PRIMARY KEY, label text)', n); END LOOP; END $$"
)
MODELS = """
metadata = sa.MetaData()
for number in range(1, {end}):
    name = "{name}" if number == 1 else "label"
    sa.Table(f"shelf_{{number}}", metadata, sa.Column("id", sa.Integer,
             primary_key=True), sa.Column(name, sa.Text))
"""


@pytest.fixture
def models(db, project):
    """Models of 101 tables, which are there."""

    def models(name="label", end=102):
        project.models(MODELS.format(name=name, end=end))

    db.execute(TABLES)
    models()
    return models


def test_check_and_autogenerate_of_a_stock_project(project, models):
    """They find nothing, or what is new."""
    assert "No new upgrade operations" in project.cli("check").ok().stdout
    models(end=103)

    project.cli("revision", "--autogenerate", "-m", "more").ok()

    (path,) = project.scripts()
    assert path.read_text().count("op.create_table('shelf_102'") == 1
    assert path.read_text().count("op.create_table") == 1


def test_a_rename_that_is_open(project, models):
    """The table is shown as it will be."""
    project.revision("r1", 'op.expand_rename_column("shelf_1", "label", "title")')
    project.upgrade()
    models("title")

    assert "No new upgrade operations" in project.cli("check").ok().stdout
