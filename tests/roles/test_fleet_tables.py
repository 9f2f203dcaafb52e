"""The tables of fleet runs: no other role may read or write them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import ForeignOwnerError
from alembic_zdt.fleet.fleet_run import FleetRun
from alembic_zdt.fleet.run_tables import RunTables
from tests.roles.test_own_tables import GRANTED

TABLES = ("alembic_zdt_fleet_run", "alembic_zdt_fleet_target")


@pytest.fixture
def tables(db):
    engine = sa.create_engine(db.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield RunTables(Database(connection))
    engine.dispose()
    db.execute(f"DROP TABLE IF EXISTS {TABLES[1]}, {TABLES[0]}")


def test_default_privileges_do_not_reach_the_tables_of_a_fleet(db, stranger, tables):
    """Whatever the role of the fleet grants on each new table."""
    others = f"{stranger.name}, PUBLIC"
    db.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {others}")
    try:
        tables.create()
    finally:
        db.execute(f"ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM {others}")

    assert all(map(db.exists, TABLES))
    assert db.value(GRANTED, db.schema) == []
    tables.begin(FleetRun("0badcafe"))
    assert tables.newest() == FleetRun("0badcafe", status="running")


@pytest.mark.parametrize("table", TABLES)
def test_tables_of_a_fleet_that_others_may_write_are_refused(
    db, stranger, tables, table
):
    tables.create()
    db.execute(f"GRANT UPDATE ON {table} TO {stranger.name}")

    with pytest.raises(ForeignOwnerError, match=table):
        tables.create()
