"""A backslash stays one, whatever ``standard_conforming_strings`` is."""

from __future__ import annotations

import pytest

CALLS = r"""
kind = sa.Enum('x\\y', 'z', name='kind')
op.expand_add_column('users', sa.Column('path', sa.Text(), server_default='a\\b'))
op.expand_add_column('users', sa.Column('kind', kind, server_default='x\\y'))
op.create_index_concurrently(
    'ix', 'users', ['name'], postgresql_where=sa.column('name') == 'c\\d')
op.expand_alter_column_type(
    'users', 'total', sa.BigInteger(), existing_type=sa.Integer())
op.migrate_alter_column_type(
    'users', 'total', sa.BigInteger(), existing_type=sa.Integer())
op.contract_alter_column_type(
    'users', 'total', sa.BigInteger(), existing_type=sa.Integer())
"""


@pytest.fixture
def strings_of_old(db):
    """Sessions in which a backslash escapes in every string."""
    setting = f"ALTER DATABASE {db.database} {{}} standard_conforming_strings"
    db.execute(setting.format("SET") + " = off")
    yield
    db.execute(setting.format("RESET"))


@pytest.mark.parametrize("way", ["online", "psql"])
def test_backslashes_with_strings_of_old(db, project, strings_of_old, way):
    """In defaults, enum values, conditions of indexes, and in what we ask."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, name text, total int)")
    db.execute("INSERT INTO users (id) VALUES (1)")
    project.revision("r1", CALLS)

    if way == "online":
        project.upgrade(x=("zdt.allow_same_run=true",))
    else:
        project.psql(project.sql(x=("zdt.allow_same_run=true",))).ok()

    assert db.rows("SELECT path, kind FROM users") == [("a\\b", "x\\y")]
    assert r"'c\d'" in db.index("ix").definition
    assert db.value("SELECT pg_typeof(total)::text FROM users") == "bigint"
