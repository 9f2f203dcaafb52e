"""A constraint whose new name is taken by another relation."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import DuplicateObjectError

CALL = 'op.rename_constraint_safely("old", "users", "people")'


def test_index_cannot_get_the_name_of_another_relation(db, project):
    db.execute(
        "CREATE TABLE users (id int CONSTRAINT old UNIQUE); CREATE TABLE people ()"
    )
    project.revision("r1", CALL)

    with pytest.raises(DuplicateObjectError) as refused:
        project.upgrade()

    assert refused.value.primary == 'relation "people" exists already'
    assert 'The index of constraint "old"' in refused.value.detail


def test_constraint_without_an_index_may_have_the_name_of_a_table(db, project):
    db.execute(
        "CREATE TABLE users (id int CONSTRAINT old CHECK (id > 0));"
        " CREATE TABLE people ()"
    )
    project.revision("r1", CALL)

    project.upgrade()

    found = "SELECT conname FROM pg_constraint WHERE conrelid = 'users'::regclass"
    assert db.column(found) == ["people"]
