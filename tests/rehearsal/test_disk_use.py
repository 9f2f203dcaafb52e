"""What a revision has written, and how much larger the database is."""

from __future__ import annotations

from alembic_zdt.rehearsal.disk_use import disk_use
from alembic_zdt.scratch.database_sessions import over


def test_it_grows_and_waits_for_no_lock(db):
    """A revision may have left one."""
    db.execute("CREATE TABLE orders (id int, note text)")
    before = over(db.url(), disk_use)
    db.execute(
        "INSERT INTO orders SELECT n, repeat('x', 500) FROM generate_series(1, 2000) n"
    )

    with db.holding("LOCK TABLE orders"):
        added = over(db.url(), disk_use).since(before)

    assert added.wal > 1_000_000
    assert added.size > 1_000_000
