"""The call that is suggested for SQL does all that the SQL does, or none is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.operations import ops

from alembic_zdt.checks.suggestions.safe_calls import NO_READY_CALL, instead_of
from alembic_zdt.commands.lint import lint

# Each with the words that name what no directive has an argument for.
INEXPRESSIBLE = {
    "CREATE INDEX ON users ((age + 1))": "an index without a name",
    "ALTER TABLE users ADD PRIMARY KEY (id) INCLUDE (age)": "INCLUDE",
    "ALTER TABLE users ADD PRIMARY KEY (id) WITH (fillfactor = 70)": "WITH",
    "ALTER TABLE users ADD PRIMARY KEY (id) USING INDEX TABLESPACE fast": (
        "USING INDEX TABLESPACE"
    ),
    "ALTER TABLE users ADD PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED": (
        "DEFERRABLE, INITIALLY DEFERRED"
    ),
    "ALTER TABLE users ADD PRIMARY KEY USING INDEX ix DEFERRABLE": "DEFERRABLE",
    "ALTER TABLE users ADD UNIQUE (id, age WITHOUT OVERLAPS)": "WITHOUT OVERLAPS",
    "ALTER TABLE users ADD CHECK (age > 0) NO INHERIT": "NO INHERIT",
    "ALTER TABLE users ADD FOREIGN KEY (team) REFERENCES teams": (
        "REFERENCES without columns"
    ),
    "ALTER TABLE users ADD FOREIGN KEY (id, PERIOD age) REFERENCES t (id, PERIOD a)": (
        "PERIOD"
    ),
    "ALTER TABLE ONLY users ADD UNIQUE (email)": "ONLY",
    "ALTER TABLE IF EXISTS users ADD UNIQUE (email)": "IF EXISTS",
    "ALTER TABLE db.public.users ADD UNIQUE (email)": "the name of the database",
    "ALTER TABLE users ADD CONSTRAINT n NOT NULL age": "the name of the constraint",
    "ALTER TABLE users ADD c mood UNIQUE": "the type mood",
    "ALTER TABLE users ADD c mood[] UNIQUE": "the type mood[]",
    "ALTER TABLE users ADD c interval day to hour UNIQUE": "the type interval",
    'ALTER TABLE users ADD c citext COLLATE "C" UNIQUE': "COLLATE",
    'ALTER TABLE users ADD c text COLLATE pg_catalog."C" UNIQUE': "COLLATE",
    "ALTER TABLE users ADD c text STORAGE external UNIQUE": "STORAGE",
    "ALTER TABLE users ADD c text COMPRESSION lz4 UNIQUE": "COMPRESSION",
    "ALTER TABLE users ADD c int CONSTRAINT n NOT NULL": "the name of the constraint",
    "ALTER TABLE users ADD c int CHECK (c > 0) NO INHERIT": "NO INHERIT",
    "ALTER TABLE users ADD c int PRIMARY KEY": "PRIMARY KEY of a column without values",
    "ALTER TABLE users ADD c bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME s)": (
        "SEQUENCE NAME"
    ),
    "ALTER TABLE users ALTER email TYPE mood USING email::mood": "the type mood",
    'ALTER TABLE users ALTER email TYPE inet COLLATE "C"': "COLLATE",
    "ALTER TABLE users DROP COLUMN email CASCADE": "CASCADE",
    "ALTER TABLE users DROP CONSTRAINT users_fkey CASCADE": "CASCADE",
    "ALTER TABLE IF EXISTS users RENAME TO people": "IF EXISTS",
    "ALTER TABLE IF EXISTS users RENAME email TO address": "IF EXISTS",
    "ALTER TABLE ONLY users ALTER email DROP NOT NULL": "ONLY",
    "ALTER TABLE ONLY users ALTER email DROP DEFAULT": "ONLY",
    "DROP TABLE users CASCADE": "CASCADE",
    "DROP INDEX ix CASCADE": "CASCADE",
    "REINDEX (TABLESPACE fast) TABLE users": "TABLESPACE",
    "REFRESH MATERIALIZED VIEW totals WITH NO DATA": "WITH NO DATA",
}


@pytest.mark.parametrize("statement", INEXPRESSIBLE)
def test_no_call_is_suggested_that_would_lose_a_part(project, statement):
    project.revision("r1", f"op.execute({statement!r})")

    (found, *_) = lint(project.config()).findings

    lost = INEXPRESSIBLE[statement]
    assert (
        found.suggestion == f"{NO_READY_CALL} no directive has an argument for {lost}"
    )


def test_no_call_is_suggested_that_this_sqlalchemy_cannot_write():
    """As NULLS NOT DISTINCT with SQLAlchemy 2.0.0."""
    index = ops.CreateIndexOp("ix", "users", ["email"], postgresql_unheard_of=True)

    said = instead_of(index)

    assert said.startswith(f"{NO_READY_CALL} SQLAlchemy {sa.__version__} refuses it")
    assert "postgresql_unheard_of" in said
    assert "\n" not in said


NOT_IN_BATCHES = [
    "UPDATE ONLY users SET email = 'a'",
    "UPDATE users SET data[1] = '2'",
    "UPDATE users SET email = DEFAULT",
    "UPDATE users SET email = 'a' RETURNING id",
]


@pytest.mark.parametrize("statement", NOT_IN_BATCHES)
def test_no_backfill_is_suggested_for_what_it_cannot_do(project, statement):
    project.revision("r1", f"op.execute({statement!r})")

    (found,) = lint(project.config()).findings

    assert (found.check, found.suggestion) == ("change-rows", "")


def test_place_of_an_enum_value_arrives(project):
    project.revision(
        "r1",
        "op.execute(\"ALTER TYPE mood ADD VALUE 'calm' AFTER 'sad'\")\n"
        "op.execute(\"UPDATE users SET mood = 'calm'\")",
    )

    said = [each.suggestion for each in lint(project.config()).findings]

    assert "op.add_enum_value('mood', 'calm', after='sad')" in said


ALEMBICS_OWN = {
    'op.add_column("users", sa.Column("c", sa.Integer(), sa.ForeignKey("teams.id",'
    ' ondelete="CASCADE", deferrable=True, initially="DEFERRED")))': [
        "op.expand_add_column('users', sa.Column('c', sa.Integer()))",
        (
            "op.create_foreign_key_two_phase('users_c_fkey', 'users', 'teams', ['c'],"
            " ['id'], ondelete='CASCADE', deferrable=True, initially='DEFERRED')"
        ),
    ],
    'op.add_column("users", sa.Column("c", sa.Text(), unique=True, index=True))': [
        "op.expand_add_column('users', sa.Column('c', sa.Text()))",
        "op.create_index_concurrently('ix_users_c', 'users', ['c'], unique=True)",
    ],
    # Alembic adds no primary key with the column.
    'op.add_column("users", sa.Column("c", sa.Integer(), primary_key=True))': [
        (
            "op.expand_add_column('users', sa.Column('c', sa.Integer(), sa.Identity(),"
            " nullable=False))"
        )
    ],
    'op.alter_column("users", "email", new_column_name="e", type_=sa.Text())': [
        (
            f"{NO_READY_CALL} no directive has an argument for the name and the type in"
            " one call"
        )
    ],
}


@pytest.mark.parametrize("call", ALEMBICS_OWN)
def test_suggestion_for_alembics_own_call(project, call):
    project.revision("r1", call)

    (found, *_) = lint(project.config()).findings

    lines = [line.partition("  # ")[0] for line in found.suggestion.splitlines()]
    assert lines == ALEMBICS_OWN[call]
