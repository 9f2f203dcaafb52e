"""Index definitions and names that contain words of SQL."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import DuplicateKeysError

USERS = "CREATE TABLE users (id int, email text, note text)"
PARTIAL = (
    'op.create_index_concurrently("ux", "users", ["email"], unique=True,'
    """ postgresql_where="note <> 'x WHERE y'")"""
)


def test_condition_of_a_unique_index_contains_where(db, project):
    db.execute(USERS)
    db.execute("INSERT INTO users VALUES (1, 'a', 'x WHERE y'), (2, 'a', '')")
    project.revision("r1", PARTIAL)

    project.upgrade()

    assert db.index("ux").is_valid


def test_duplicates_are_found_under_such_a_condition(db, project):
    db.execute(USERS)
    db.execute("INSERT INTO users VALUES (1, 'a', 'n'), (2, 'a', 'n')")
    project.revision("r1", PARTIAL)

    with pytest.raises(DuplicateKeysError) as refused:
        project.upgrade()

    assert "Among them (a) 2 times" in refused.value.detail


def test_name_of_an_index_of_a_partitioned_table_contains_on(db, project):
    db.execute(
        "CREATE TABLE t (id int) PARTITION BY RANGE (id);"
        " CREATE TABLE t_all PARTITION OF t DEFAULT"
    )
    project.revision("r1", 'op.create_index_concurrently("ix ON t (", "t", ["id"])')

    project.upgrade()

    assert db.index("ix ON t (").is_valid
