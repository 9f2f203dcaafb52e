"""The schema that a target's statements run in, whatever env.py does with engines."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
import sqlalchemy as sa

from alembic_zdt.fleet import upgrade_target
from alembic_zdt.fleet.coordinator import FleetUpgrade
from alembic_zdt.fleet.fleet_request import FleetRequest

MADE = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'
PATH = "SELECT pg_catalog.current_setting('search_path')"


@pytest.fixture
def pooled(new_fleet, monkeypatch):
    """A fleet whose env.py takes connections from the application's own pool."""
    fleet = new_fleet(3)
    fleet.project.revision("r1", MADE)
    application = ModuleType("application")
    application.engine = sa.create_engine(fleet.db.url(), pool_size=1, max_overflow=0)
    monkeypatch.setitem(sys.modules, "application", application)
    fleet.project.edit_env(
        "with connectable.connect()",
        "import application\n    with application.engine.connect()",
    )
    yield fleet, application.engine
    application.engine.dispose()


def test_connection_of_a_pool_is_lent_to_each_schema_in_turn(pooled):
    """It has its own path back when the application uses it again."""
    fleet, engine = pooled
    with engine.connect() as connection:
        before = connection.exec_driver_sql(PATH).scalar()
    config = fleet.project.config()
    run, names = FleetUpgrade(config, FleetRequest()).enqueue()

    ended = [upgrade_target(run, name, config) for name in names]

    assert ended == ["done"] * 3
    for schema in fleet.schemas:
        assert fleet.db.value(f"SELECT to_regclass('{schema}.t') IS NOT NULL")
    with engine.connect() as connection:
        assert connection.exec_driver_sql(PATH).scalar() == before


def test_listener_of_the_application_may_leave_a_transaction_open(pooled):
    """A driver refuses to change autocommit in a transaction."""
    fleet, engine = pooled

    @sa.event.listens_for(engine, "connect")
    def limit(connection, _record):
        connection.cursor().execute("SET statement_timeout = '1min'")

    config = fleet.project.config()
    run, names = FleetUpgrade(config, FleetRequest()).enqueue()

    assert [upgrade_target(run, name, config) for name in names] == ["done"] * 3

    for schema in fleet.schemas:
        assert fleet.db.value(f"SELECT to_regclass('{schema}.t') IS NOT NULL")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "1min"


def test_env_that_works_in_another_schema_runs_nothing(pooled):
    fleet, _engine = pooled
    first, second, _ = fleet.schemas
    fleet.project.edit_env(
        "        context.configure(",
        f"        connection.exec_driver_sql('SET search_path TO {first}')\n"
        "        context.configure(",
    )
    config = fleet.project.config()
    run, _names = FleetUpgrade(config, FleetRequest()).enqueue()

    assert upgrade_target(run, second, config) == "failed"

    error = fleet.db.value(
        f"SELECT error FROM alembic_zdt_fleet_target WHERE name = '{second}'"
    )
    assert error.startswith(f'env.py works in the schema "{first}", not in "{second}"')
    assert set(fleet.revisions().values()) == {None}
