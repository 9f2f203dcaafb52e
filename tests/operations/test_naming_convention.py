"""Names that the metadata's naming convention gives."""

from __future__ import annotations

import pytest


@pytest.fixture
def shop(db):
    """Create the tables."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text, name text)")
    db.execute("CREATE TABLE orders (id int PRIMARY KEY, user_id int, total int)")


CONVENTION = """
metadata = sa.MetaData(naming_convention={
    "ix": "ix__%(table_name)s__%(column_0_N_name)s",
    "uq": "uq__%(table_name)s__%(column_0_N_name)s",
    "ck": "ck__%(table_name)s__%(constraint_name)s",
    "fk": "fk__%(table_name)s__%(column_0_name)s__%(referred_table_name)s",
    "pk": "pk__%(table_name)s",
})
"""
NAMED = """
op.create_index_concurrently(None, "users", ["email", "name"])
op.create_unique_constraint_concurrently(None, "users", ["email"])
op.create_foreign_key_two_phase(None, "orders", "users", ["user_id"], ["id"])
op.create_primary_key_concurrently(None, "tags", ["tag"])
op.create_check_constraint_two_phase("positive", "orders", "total > 0")
op.create_check_constraint_two_phase(op.f("exact"), "orders", "total > 1")
op.create_index_concurrently(op.f("ix_exact"), "users", ["name"])
"""
EXPECTED = {
    "ix__users__email_name",
    "uq__users__email",
    "fk__orders__user_id__users",
    "pk__tags",
    "ck__orders__positive",
    "exact",
    "ix_exact",
}


def made(db):
    return set(
        db.column(
            "SELECT conname::text FROM pg_constraint WHERE contype <> 'n'"
            " AND connamespace = current_schema()::regnamespace"
            " UNION SELECT relname::text FROM pg_class WHERE relkind = 'i'"
            " AND relnamespace = current_schema()::regnamespace"
        )
    ) - {
        "users_pkey",
        "orders_pkey",
        "alembic_version_pkc",
        "alembic_zdt_revision_pkey",
    }


@pytest.mark.compat
def test_naming_convention_of_the_metadata(db, project, shop):
    """None is named by the convention, op.f() is taken as it is."""
    db.execute("CREATE TABLE tags (tag text)")
    project.models(CONVENTION)
    project.revision("r1", NAMED)

    project.upgrade()

    assert made(db) == EXPECTED


def test_naming_convention_in_a_script(db, project, shop):
    """The same in the script of ``--sql``."""
    db.execute("CREATE TABLE tags (tag text)")
    project.models(CONVENTION)
    project.revision("r1", NAMED)

    project.psql(project.sql("base:head")).ok()

    assert made(db) == EXPECTED


DROPPED = """
op.drop_constraint_safely("positive", "orders", "check")
op.drop_constraint_safely("ck__orders__whole", "orders", "check")
op.drop_constraint_safely(op.f("exact"), "orders", "check")
op.drop_constraint_safely("plain", "orders")
op.drop_constraint_safely(op.f("{long}"), "orders", "unique")
op.drop_index_concurrently(op.f("ix_{long}"))
"""
LONG = "of_the_columns_that_somebody_has_given_very_long_names_" + "x" * 30


@pytest.fixture
def named(db, project, shop):
    """Constraints with names of the convention, long ones cut by SQLAlchemy."""
    db.execute(
        "ALTER TABLE orders ADD CONSTRAINT ck__orders__positive CHECK (total > 0),"
        " ADD CONSTRAINT ck__orders__whole CHECK (total > 1),"
        " ADD CONSTRAINT exact CHECK (total > 2),"
        " ADD CONSTRAINT plain CHECK (total > 3)"
    )
    project.models(CONVENTION)
    create = (
        f'op.create_unique_constraint(op.f("{LONG}"), "orders", ["total"])\n'
        f'op.create_index(op.f("ix_{LONG}"), "orders", ["total"])'
    )
    project.revision("r1", create)
    project.upgrade()
    project.revision("r2", DROPPED.format(long=LONG))


def test_drops_find_the_names_that_creations_gave(db, project, named):
    """By the convention, as written, and cut; also in a revision of before."""
    project.upgrade()

    assert made(db) == set()


def test_drops_find_them_in_a_script(db, project, named):
    project.psql(project.sql("r1:head")).ok()

    assert made(db) == set()
