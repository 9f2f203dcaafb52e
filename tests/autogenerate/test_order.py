"""One order for all changes, those of other packages included."""

from __future__ import annotations

import pytest

from tests.autogenerate.conftest import ordered

HEAD = """
metadata = sa.MetaData()
Id = lambda: sa.Column("id", sa.Integer, primary_key=True)
"""
TABLES = (
    "CREATE TYPE mood AS ENUM ('calm', 'cross');"
    "CREATE TABLE cats (id int PRIMARY KEY, mood mood);"
    "CREATE TABLE dogs (id int PRIMARY KEY, mood mood)"
)
ENTITIES = """
import alembic_utils.pg_function, alembic_utils.replaceable_entity
alembic_utils.replaceable_entity.register_entities([{}])"""
ONE = (
    'alembic_utils.pg_function.PGFunction(schema={!r}, signature="one()",'
    ' definition="RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 1 $$")'
)


@pytest.fixture
def generated(project):
    def generated(models, imports):
        project.models(HEAD + models)
        if "alembic_zdt" not in project.env.read_text():
            project.rewriting()
            project.edit_env("import alembic_zdt", f"{imports}\nimport alembic_zdt")
        known = set(project.scripts())
        project.cli("revision", "--autogenerate", "-m", "change").ok()
        new = [path for path in project.scripts() if path not in known]
        return [path.read_text() for path in ordered(new)]

    return generated


def test_type_that_another_package_drops(db, project, generated):
    """Its last column and its last table go first."""
    db.execute(TABLES)
    before = db.catalog()

    texts = generated(
        'sa.Table("cats", metadata, Id())', "import alembic_postgresql_enum"
    )

    assert ".drop(op.get_bind())" in texts[-1]
    assert not any('zdt_phase = "expand"' in text for text in texts)
    project.cli("upgrade", "head").ok()
    assert db.value("SELECT to_regtype('mood')") is None
    project.cli("downgrade", "base").ok()
    assert db.catalog() == before


def test_value_that_another_package_removes(db, project, generated):
    """It makes the type anew when no table that goes has the old one."""
    db.execute(TABLES)

    texts = generated(
        'sa.Table("cats", metadata, Id(), sa.Column("mood",'
        ' sa.Enum("calm", name="mood")))',
        "import alembic_postgresql_enum",
    )

    assert "op.sync_enum_values(" in texts[-1]
    assert "op.contract_drop_table('dogs')" in texts[0]
    project.cli("upgrade", "head").ok()


def test_function_that_a_new_default_calls(db, project, generated):
    """It comes before the column."""
    db.execute("CREATE TABLE cats (id int PRIMARY KEY)")
    before = db.catalog()

    texts = generated(
        'sa.Table("cats", metadata, Id(),'
        ' sa.Column("age", sa.Integer, server_default=sa.text("one()")))',
        ENTITIES.format(ONE.format(db.schema)),
    )

    first, second = texts
    assert "op.create_entity(" in first
    assert "op.expand_add_column(" in second
    project.cli("upgrade", "head").ok()
    project.cli("downgrade", "base").ok()
    assert db.catalog() == before


def test_entities_that_go_with_what_they_need(db, project, generated):
    """The view goes before its column, and the function behind its default."""
    db.execute(
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';"
        "CREATE TABLE cats (id int PRIMARY KEY, age int DEFAULT one());"
        "CREATE VIEW shown AS SELECT id, age FROM cats"
    )

    texts = generated(
        'sa.Table("cats", metadata, Id())',
        ENTITIES.format("").replace(
            "entities([])", f"entities([], schemas=[{db.schema!r}])"
        ),
    )

    assert not any('zdt_phase = "expand"' in text for text in texts)
    project.cli("upgrade", "head").ok()
    assert db.value("SELECT to_regproc('one')") is None
