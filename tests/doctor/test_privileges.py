"""What a role lacks, with the statement that gives it; which is tried."""

from __future__ import annotations

import re

import pytest

from tests.support.roles import role, run_as


@pytest.fixture
def migrator(db, project):
    with role(db, "migrator") as name:
        run_as(project, name)
        yield name


def given(db, words):
    """Run the statement of the hint."""
    (statement,) = re.findall(r"(?m)^(GRANT .*?;)", words)
    db.execute(statement)


def problems(found):
    return [words for severity, words in found if severity == "error"]


def test_role_that_may_not_create(db, project, driver, diagnosed, migrator):
    db.execute(f"REVOKE CREATE ON SCHEMA {db.schema} FROM {migrator}")

    (words,) = problems(diagnosed("privileges"))

    assert (
        f'the role "{migrator}" has no right to create anything in the schema' in words
    )
    given(db, words)
    assert problems(diagnosed("privileges")) == []


def test_role_without_temporary_tables(db, project, diagnosed, migrator):
    db.execute(f'REVOKE TEMPORARY ON DATABASE "{db.database}" FROM PUBLIC')
    try:
        (words,) = problems(diagnosed("privileges"))
        assert "has no right to create temporary tables" in words
        given(db, words)
        assert problems(diagnosed("privileges")) == []
    finally:
        db.execute(f'REVOKE ALL ON DATABASE "{db.database}" FROM {migrator}')
        db.execute(f'GRANT TEMPORARY ON DATABASE "{db.database}" TO PUBLIC')


def test_version_table_of_another_role(db, project, diagnosed, migrator):
    db.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    db.execute(f"GRANT SELECT ON alembic_version TO {migrator}")

    (words,) = problems(diagnosed("privileges"))

    assert "lacks INSERT, UPDATE, DELETE on the table" in words
    given(db, words)
    assert problems(diagnosed("privileges")) == []


def test_tables_of_another_role(db, project, driver, diagnosed, migrator):
    """Those of the models, if there are any, else those of the schema."""
    with role(db, "owner") as owner:
        for name in ("users", '"Order"', "orders"):
            db.execute(f"CREATE TABLE {name} (id int)")
            db.execute(f"ALTER TABLE {name} OWNER TO {owner}")

        (words,) = [each for kind, each in diagnosed("privileges") if kind == "warning"]
        assert (
            f'has no right to change Order, orders, users, owned by "{owner}"' in words
        )

        project.models(
            "from sqlalchemy import *\nmetadata = MetaData()\n"
            "Table('Order', metadata, Column('id', Integer))\n"
        )
        (words,) = [each for kind, each in diagnosed("privileges") if kind == "warning"]
        assert f'has no right to change Order, owned by "{owner}"' in words
        given(db, words)
        assert [k for k, _ in diagnosed("privileges") if k == "warning"] == []


def test_activity_of_others_is_hidden(db, project, diagnosed, migrator):
    (found,) = diagnosed("privileges")

    assert found[0] == "note"
    given(db, found[1])
    assert diagnosed("privileges") == []


def test_superuser_lacks_nothing(db, project, driver, diagnosed):
    with role(db, "owner") as owner:
        db.execute(f"CREATE TABLE users (id int); ALTER TABLE users OWNER TO {owner}")
        assert diagnosed("privileges") == []


def test_search_path_that_leads_nowhere(db, project, diagnosed, migrator):
    db.execute(
        f'ALTER ROLE {migrator} IN DATABASE "{db.database}"'
        " SET search_path = zdt_nowhere"
    )
    project.configure(version_table_schema=db.schema)

    (words,) = problems(diagnosed("privileges"))

    assert "can use no schema of the search_path" in words
