"""The blockers of a session are asked for once, however many locks there are."""

from __future__ import annotations

from sqlalchemy import NullPool, create_engine

from alembic_zdt.catalog.activity import blockers_of
from alembic_zdt.connection.database import Database


class Explaining(Database):
    """Returns the plan of a question instead of its answer, as no rows."""

    plan = ""

    def rows(self, sql, **_):
        found = super().rows(f"EXPLAIN (VERBOSE) {sql}")
        self.plan = "\n".join(line for (line,) in found)
        return []


def test_lock_table_is_stopped_once(db):
    """Each call of pg_blocking_pids() stops it, so none may stand in a filter."""
    with create_engine(db.url(), poolclass=NullPool).connect() as connection:
        database = Explaining(connection)
        blockers_of(database, 1)

    calls = [line for line in database.plan.splitlines() if "pg_blocking_pids" in line]
    assert calls
    assert not [line for line in calls if "Filter" in line or "Cond" in line]
    assert "InitPlan" in database.plan
