"""Changes of rows that look alike, of which a directive would commit one."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import UnsafeOperationError

DIRECTIVE = 'op.create_index_concurrently("ix", "users", ["n"])'
BLOCK = "with op.get_context().autocommit_block():\n    "
A, B = (f"op.execute(\"INSERT INTO roles VALUES ('{name}')\")" for name in "ab")
ONE_REVISION = {
    "behind-one-that-may-run-again": A.replace("')\"", "') ON CONFLICT DO NOTHING\""),
    "behind-an-assured-one": f'with op.safety_assured("it is fine"):\n    {A}',
}
TWO_REVISIONS = {
    "in-one-transaction": (A, B),
    "of-another-table": (A.replace("roles", "users (name)"), B),
    "outside-of-a-transaction": (BLOCK + A, BLOCK + B),
}


@pytest.fixture(autouse=True)
def users(db):
    db.execute("CREATE TABLE users (id int, n int, name text)")
    db.execute("CREATE TABLE roles (name text UNIQUE)")


@pytest.mark.parametrize("first", ONE_REVISION.values(), ids=ONE_REVISION)
def test_a_change_is_seen_behind_another_of_its_revision(project, first):
    project.revision("r1", f"{first}\n{B}\n{DIRECTIVE}", "pass")

    with pytest.raises(UnsafeOperationError):
        project.upgrade()


@pytest.mark.parametrize("bodies", TWO_REVISIONS.values(), ids=TWO_REVISIONS)
def test_a_change_is_seen_behind_that_of_another_revision(project, bodies):
    first, second = bodies
    project.revision("r1", first, "pass")
    project.revision("r2", f"{second}\n{DIRECTIVE}", "pass")

    with pytest.raises(UnsafeOperationError):
        project.upgrade()
