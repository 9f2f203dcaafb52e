"""An index that is there already: skipped when it is the one that was meant."""

from __future__ import annotations

import pytest

SAME = {
    "plain": ('["email"]', "CREATE INDEX ix ON users (email)"),
    "unique": ('["email"], unique=True', "CREATE UNIQUE INDEX ix ON users (email)"),
    "expression": (
        '[sa.text("lower(email) DESC")], postgresql_where=sa.text("id>3")',
        "CREATE INDEX ix ON users (lower(email) DESC) WHERE id > 3",
    ),
    "include": (
        '["email"], postgresql_include=["name"], postgresql_using="btree"',
        "CREATE INDEX ix ON users (email) INCLUDE (name)",
    ),
    "storage": (
        '["email"], postgresql_with={"fillfactor": 70}',
        "CREATE INDEX ix ON users (email) WITH (fillfactor = 70)",
    ),
}
OTHER = {
    "column": ('["email"]', "CREATE INDEX ix ON users (name)"),
    "order": ('[sa.text("email DESC")]', "CREATE INDEX ix ON users (email)"),
    "unique": ('["email"], unique=True', "CREATE INDEX ix ON users (email)"),
    "predicate": (
        '["email"], postgresql_where=sa.text("id > 3")',
        "CREATE INDEX ix ON users (email) WHERE id > 4",
    ),
    "include": (
        '["email"], postgresql_include=["name"]',
        "CREATE INDEX ix ON users (email)",
    ),
    "method": ('["id"], postgresql_using="hash"', "CREATE INDEX ix ON users (id)"),
}


@pytest.fixture
def users(db):
    """Create the table."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text, name text)")


def oid_of_index(db):
    return db.value("SELECT to_regclass('ix')::oid")


@pytest.mark.compat
@pytest.mark.parametrize("case", SAME)
def test_index_of_the_same_definition_is_kept(db, project, users, case):
    """A run that died before alembic_version was written is finished by the next."""
    wanted, existing = SAME[case]
    db.execute(existing)
    before = oid_of_index(db)
    project.revision("r1", f'op.create_index_concurrently("ix", "users", {wanted})')

    project.upgrade()

    assert oid_of_index(db) == before
    assert project.current == ["r1"]


@pytest.mark.parametrize("case", SAME)
def test_replacing_by_the_same_definition_does_nothing(db, project, users, case):
    """The index has that definition already."""
    wanted, existing = SAME[case]
    db.execute(existing)
    before = oid_of_index(db)
    project.revision("r1", f'op.replace_index_concurrently("ix", "users", {wanted})')

    project.upgrade()

    assert oid_of_index(db) == before


@pytest.mark.parametrize("case", OTHER)
def test_replacing_another_definition_builds_a_new_one(db, project, users, case):
    """The new index has the name, and the definition that was asked for."""
    wanted, existing = OTHER[case]
    db.execute(existing)
    before = oid_of_index(db)
    project.revision("r1", f'op.replace_index_concurrently("ix", "users", {wanted})')

    project.upgrade()

    assert oid_of_index(db) != before
    assert db.index("ix").is_valid
    assert db.value("SELECT to_regclass('zdt_new_ix')") is None


@pytest.mark.parametrize("case", OTHER)
def test_index_of_another_definition_is_refused(db, project, users, case):
    """The error shows what is there and what was wanted, spelled alike."""
    wanted, existing = OTHER[case]
    db.execute(existing)
    before = db.catalog()
    project.revision("r1", f'op.create_index_concurrently("ix", "users", {wanted})')

    with pytest.raises(Exception, match='"ix" exists and is another object') as caught:
        project.upgrade()

    assert type(caught.value).__name__ == "DuplicateObjectError"
    assert "USING " in str(caught.value).split("Wanted: ")[1].split("(")[0]
    assert db.catalog() == before


def test_statistics_of_another_schema_do_not_count(db, project, users, new_schema):
    """An index of an expression has its own, whatever its namesake has."""
    schemas = [db.schema, new_schema()]
    db.execute(f"CREATE TABLE {schemas[1]}.users (LIKE users)")
    index = '"ix", "users", [sa.text("lower(email)")]'
    calls = [f'op.create_index_concurrently({index}, schema="{s}")' for s in schemas]
    for schema in schemas:
        db.execute(f"INSERT INTO {schema}.users VALUES (1, 'A'), (2, 'B')")
    project.revision("r1", "\n".join(calls))

    project.upgrade()

    found = db.column(
        "SELECT schemaname::text FROM pg_stats WHERE tablename = 'ix'"
        " AND schemaname = ANY (%s)",
        schemas,
    )
    assert sorted(found) == sorted(schemas)
