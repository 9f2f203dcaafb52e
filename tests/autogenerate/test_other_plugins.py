"""With the two packages that most projects on PostgreSQL have beside Alembic."""

from __future__ import annotations

import pytest

from tests.autogenerate.conftest import ordered

ENUM = """
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("mood", sa.Enum({labels}, name="mood")),
    sa.Column("age", sa.Integer{more}))
"""
SETUP = (
    "CREATE TYPE mood AS ENUM ('sad', 'happy');"
    "CREATE TABLE users (id int PRIMARY KEY, mood mood, age int)"
)


@pytest.fixture
def with_plugin(project):
    def with_plugin(imports):
        project.rewriting()
        project.edit_env("import alembic_zdt", f"{imports}\nimport alembic_zdt")

    return with_plugin


def generated(project):
    """The texts that ``alembic revision --autogenerate`` writes."""
    project.cli("revision", "--autogenerate", "-m", "change").ok()
    return [path.read_text() for path in ordered(project.scripts())]


def test_value_that_is_added(db, project, with_plugin):
    """Theirs would write the table anew; ours does not, and goes back."""
    db.execute(SETUP)
    project.models(ENUM.format(labels='"sad", "fine", "happy"', more=", index=True"))
    with_plugin("import alembic_postgresql_enum")
    before = db.catalog()

    (text,) = generated(project)

    assert "op.add_enum_value('mood', 'fine', after='sad')" in text
    assert "sync_enum_values" not in text
    project.cli("upgrade", "head").ok()
    project.cli("check").ok()
    project.cli("downgrade", "base").ok()
    assert db.catalog() == before


def test_value_that_is_renamed_or_goes(db, project, with_plugin):
    """That is left to them, in the contract, and the file says what it costs."""
    db.execute(SETUP)
    project.models(ENUM.format(labels='"sad"', more=", index=True"))
    with_plugin("import alembic_postgresql_enum")

    expand, contract = generated(project)

    assert "op.create_index_concurrently('ix_users_age'" in expand
    assert "op.sync_enum_values(" in contract
    assert "use op.remove_enum_value()" in " ".join(contract.split())
    project.cli("upgrade", "head").ok()
    project.cli("check").ok()


VIEW = """
import alembic_utils.pg_function, alembic_utils.replaceable_entity
alembic_utils.replaceable_entity.register_entities([
    alembic_utils.pg_function.PGFunction(
        schema={schema!r}, signature="one()",
        definition="RETURNS int LANGUAGE sql AS $$ SELECT 1 $$"),
])"""


def test_entities_of_alembic_utils(db, project, with_plugin):
    """They get a revision of their own, because they cannot be made twice."""
    db.execute(SETUP)
    project.models(ENUM.format(labels='"sad", "happy"', more=", index=True"))
    with_plugin(VIEW.format(schema=db.schema))
    before = db.catalog()

    texts = generated(project)

    (ours,) = [text for text in texts if "create_index_concurrently" in text]
    (theirs,) = [text for text in texts if "op.create_entity(" in text]
    assert ours != theirs
    project.cli("upgrade", "head").ok()
    assert db.value("SELECT one()") == 1
    project.cli("downgrade", "base").ok()
    assert db.catalog() == before
