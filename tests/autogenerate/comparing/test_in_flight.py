"""Between expand and contract autogenerate finds nothing that is not new."""

from __future__ import annotations

import runpy

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

SETUP = """
CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL DEFAULT 'x',
  boss int REFERENCES users, CONSTRAINT uq_email UNIQUE (email),
  CONSTRAINT ck_email CHECK (email <> ''));
COMMENT ON COLUMN users.email IS 'where to write to';
CREATE INDEX ix_lower ON users (lower(email)) WHERE email <> 'email';
CREATE TABLE orders (id int PRIMARY KEY, user_email text REFERENCES users (email),
  user_id int REFERENCES users);
INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 20) n
"""
MODELS = """
metadata = sa.MetaData()
users = sa.Table("{users}", metadata,
    sa.Column("id", sa.{id}, primary_key=True),
    sa.Column("{email}", sa.Text, nullable=False, server_default="x",
              comment="where to write to"),
    sa.Column("boss", sa.Integer, sa.ForeignKey("{users}.id")),
    sa.UniqueConstraint("{email}", name="uq_email"),
    sa.CheckConstraint("{email} <> ''", name="ck_email"))
sa.Index("ix_lower", sa.func.lower(users.c.{email}),
         postgresql_where=users.c.{email} != "email")
sa.Table("orders", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_email", sa.ForeignKey("{users}.{email}")),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("{users}.id")))
"""
PLAIN = {"users": "users", "email": "email", "id": "Integer"}
EMAIL = '"users", "email", "mail"'
ID = '"users", "id", sa.BigInteger(), existing_type=sa.Integer()'
# What is done up to now, and what is written in the models meanwhile.
WORKFLOWS = {
    "rename": ({"email": "mail"}, "rename_column", EMAIL),
    "rename-by-view": ({"email": "mail"}, "rename_column", f'{EMAIL}, strategy="view"'),
    "rename-back": ({}, "rename_column", EMAIL),
    "type": ({"id": "BigInteger"}, "alter_column_type", ID),
    "table": ({"users": "people"}, "rename_table", '"users", "people"'),
}


@pytest.fixture
def differences(db, project):
    def differences(**names):
        project.models(MODELS.format(**(PLAIN | names)))
        metadata = runpy.run_path(str(project.folder / "models.py"))["metadata"]
        engine = sa.create_engine(db.url())
        with engine.connect() as connection:
            options = {
                "compare_server_default": True,
                "autogenerate_plugins": [
                    "alembic.autogenerate.*",
                    "alembic.ext.checkconstraint_byname",
                ],
                "target_metadata": metadata,
            }
            context = MigrationContext.configure(connection, opts=options)
            found = compare_metadata(context, metadata)
        engine.dispose()
        return found

    return differences


def test_there_is_none_before(db, differences):
    db.execute(SETUP)

    assert differences() == []


@pytest.mark.parametrize("migrated", [False, True], ids=["expanded", "migrated"])
@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_no_phantom_changes(db, project, differences, workflow, migrated):
    """Neither the twin nor its CHECK, indexes and keys, nor the old column."""
    names, change, arguments = WORKFLOWS[workflow]
    if change == "rename_table" and migrated:
        pytest.skip("nothing to migrate")
    db.execute(SETUP)
    calls = [f"op.expand_{change}({arguments})"]
    if migrated:
        calls.append(f"op.migrate_{change}({arguments})")
    project.revision("r1", "\n".join(calls))
    project.upgrade()

    assert differences(**names) == []


def test_index_that_is_being_replaced(db, differences):
    """An interrupted replace_index_concurrently() leaves it; it is nobody's model."""
    db.execute(SETUP)
    db.execute("CREATE INDEX zdt_new_ix_lower ON users (email)")

    assert differences() == []


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_real_changes_are_found(db, project, differences, workflow):
    """A column and an index of the very table."""
    names, change, arguments = WORKFLOWS[workflow]
    db.execute(SETUP)
    db.execute("ALTER TABLE users ADD seen int; CREATE INDEX ix_seen ON users (seen)")
    project.revision("r1", f"op.expand_{change}({arguments})")
    project.upgrade()

    index, column = differences(**names)

    assert (index[0], index[1].name) == ("remove_index", "ix_seen")
    assert (column[0], column[3].name) == ("remove_column", "seen")
