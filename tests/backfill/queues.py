"""A backfill that waits for workers, and a gate that holds them."""

from __future__ import annotations

from tests.backfill.tables import COLUMNS, FILLED, IS_DONE, SHAPES, call

NAME = "users.email_lower+hits"
MANY = 4_000
# Several slices, which several workers can share.
PARTS = 8

# After its first batch each worker waits until there is a table called gate.
GATE = """
def rest(pulse):
    if not pulse.rows_done:
        return 0
    is_open = pulse.connection.exec_driver_sql("SELECT to_regclass('gate')").scalar()
    return 0 if is_open else 0.02
"""


def queue(db, project, options=""):
    """Run a revision that queues a backfill of some thousand rows."""
    db.execute(f"CREATE TABLE users (id int, {COLUMNS}) PARTITION BY HASH (id)")
    for part in range(PARTS):
        db.execute(
            f"CREATE TABLE users_{part} PARTITION OF users"
            f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
        )
    db.execute(
        f"INSERT INTO users SELECT n, {FILLED} FROM generate_series(1, {MANY}) n"
    )
    more = ', mode="background", pause="5ms", target_batch_time="5ms"'
    project.revision("a1", call(SHAPES["heap"], more + options))
    project.upgrade()
    return project


def status(db):
    """How the only backfill stands."""
    return db.value("SELECT status FROM alembic_zdt_backfill")


def rows_done(db):
    """The rows that were changed, each once."""
    return db.value(f"SELECT count(*) FROM users WHERE {IS_DONE}")
