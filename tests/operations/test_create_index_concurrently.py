"""op.create_index_concurrently() and its reverse."""

from __future__ import annotations

UPGRADE = 'op.create_index_concurrently("ix_users_email", "users", ["email"])'
DOWNGRADE = 'op.drop_index_concurrently("ix_users_email", "users")'


def test_up_and_down_leave_no_trace(db, project):
    """Up, down and up again: the index is there, gone, and there again."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    before = db.catalog()
    project.revision("r1", UPGRADE, DOWNGRADE)

    project.upgrade("head")
    assert db.index("ix_users_email").is_valid
    after = db.catalog()

    project.downgrade("base")
    assert db.catalog() == before

    project.upgrade("head")
    assert db.catalog() == after


def test_both_drivers(db, project, driver):
    """It runs on psycopg and asyncpg."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision("r1", UPGRADE, DOWNGRADE)

    project.upgrade("head")

    assert db.index("ix_users_email").is_valid


def test_partitioned(db, project, driver):
    """Partition by partition."""
    db.execute("CREATE TABLE users (id int, email text) PARTITION BY RANGE (id)")
    db.execute("CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (0) TO (10)")
    db.execute(
        "CREATE TABLE users_2 PARTITION OF users FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id)"
    )
    db.execute(
        "CREATE TABLE users_2a PARTITION OF users_2 FOR VALUES FROM (10) TO (15)"
    )
    project.revision("r1", UPGRADE, DOWNGRADE)
    before = db.catalog()

    project.upgrade("head")

    assert db.index("ix_users_email").is_valid
    project.downgrade("base")
    assert db.catalog() == before


def test_psql(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision("r1", UPGRADE, DOWNGRADE)
    sql = project.sql("base:head", flavor="psql")
    print(sql)
    project.psql(sql)
    assert db.index("ix_users_email").is_valid
    sql = project.sql("base:head", flavor="plain")
    print(sql)
