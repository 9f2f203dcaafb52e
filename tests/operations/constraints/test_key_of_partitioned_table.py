"""A foreign key that stays NOT VALID, on a partitioned table."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import PreconditionError

TABLES = (
    "CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (7);"
    " CREATE TABLE orders (id int, user_id int) PARTITION BY RANGE (id);"
    " CREATE TABLE first PARTITION OF orders FOR VALUES FROM (0) TO (9);"
    " INSERT INTO orders VALUES (1, 7)"
)
KEY = (
    'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], ["id"],'
    " validate=False)"
)
KEYS = "SELECT conname::text, convalidated FROM pg_constraint WHERE contype = 'f'"


@pytest.mark.pg("<18")
@pytest.mark.parametrize("way", ["online", "script"])
def test_key_that_the_server_would_validate_under_its_locks_is_refused(
    db, project, way
):
    db.execute(TABLES)
    project.revision("r1", KEY)

    if way == "online":
        with pytest.raises(PreconditionError, match="the table is partitioned") as at:
            project.upgrade()
        assert "['user_id'], ['id']), which validates" in at.value.hint
    else:
        replayed = project.psql(project.sql())
        assert 'There is: ("a partitioned table")' in replayed.output

    assert db.rows(KEYS) == []


@pytest.mark.pg(">=18")
def test_key_is_left_not_valid(db, project):
    db.execute(TABLES)
    project.revision("r1", KEY)

    project.upgrade()

    assert set(db.rows(KEYS)) == {("fk", False)}
