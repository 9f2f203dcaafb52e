"""A slice belongs to one worker at a time, also when one was suspended for long."""

from __future__ import annotations

import pytest
from sqlalchemy import NullPool, create_engine

from alembic_zdt.backfill import worker as worker_module
from alembic_zdt.backfill.batches import Batches, LeaseLostError, Watch
from alembic_zdt.backfill.journal import Journal, Place
from alembic_zdt.backfill.session import Session
from alembic_zdt.backfill.slices import Slices
from alembic_zdt.backfill.statements import Row
from alembic_zdt.catalog import storage
from alembic_zdt.errors import BackfillUnfinishedError
from alembic_zdt.names import QualifiedName
from alembic_zdt.settings import Settings
from tests.backfill.tables import IS_DONE, SHAPES, call
from tests.support.background import upgrading

PLACE = Place(QualifiedName("alembic_zdt_backfill"))
NAME = "users.email_lower+hits"
PAST = (
    "UPDATE alembic_zdt_backfill_slice"
    " SET leased_until = clock_timestamp() - interval '1 second'"
)


@pytest.fixture
def queued(db, project):
    """A backfill of which nothing is done, with its first slice."""
    for statement in SHAPES["heap"].setup:
        db.execute(statement)
    project.revision("a1", call(SHAPES["heap"], ', mode="background"'))
    project.upgrade()
    db.execute("UPDATE alembic_zdt_backfill SET status = 'running', round = 1")
    db.execute(
        "INSERT INTO alembic_zdt_backfill_slice (backfill, round, number, kind,"
        " relation, first_page, last_page) SELECT name, 1, 1, 'pages',"
        " 'users'::regclass, 0, 10 FROM alembic_zdt_backfill"
    )


@pytest.fixture
def connection(db, queued):
    """In autocommit mode, as a worker has it."""
    engine = create_engine(db.url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as found:
        yield found


@pytest.fixture
def session(connection):
    return Session(connection, Settings(), 0.1)


@pytest.fixture
def record(session):
    return Journal(session, PLACE).find(NAME)


def test_slice_whose_lease_has_ended_is_taken_over(db, session, record):
    """The first worker, whose session lives, cannot renew it then."""
    slices = Slices(session, PLACE)
    first = slices.lease(NAME, record.fingerprint, "A")
    assert slices.lease(NAME, record.fingerprint, "B") is None
    db.execute(PAST)

    second = slices.lease(NAME, record.fingerprint, "B")

    assert second == first
    assert not slices.renew(first, "A")
    assert slices.renew(second, "B")


def test_batch_of_who_has_lost_the_lease_changes_no_row(db, session, record):
    """It would change rows that the other worker changes, too."""
    slices = Slices(session, PLACE)
    leased = slices.lease(NAME, record.fingerprint, "A")
    store = storage.store(session, leased.relation, record.definition.table)
    key = storage.primary_key(session, store.oid)
    batches = Batches(
        slices, leased, "A", record.definition, store, key, session, Watch()
    )
    db.execute(PAST)
    slices.lease(NAME, record.fingerprint, "B")

    with session.opened(durable=False), pytest.raises(LeaseLostError):
        batches.send(Row("(0,1)"), None)

    assert db.value(f"SELECT count(*) FROM users WHERE {IS_DONE}") == 0


WAITING = """
def rest(pulse):
    return 0.02 if pulse.rows_done else 0
"""


def test_worker_that_is_held_back_keeps_its_slice(db, project, monkeypatch, tmp_path):
    """Its lease is renewed while it waits; each batch has done so before."""
    monkeypatch.setattr(worker_module, "_RENEW_EVERY", 0.0)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "held_back.py").write_text(WAITING)
    for statement in SHAPES["heap"].setup:
        db.execute(statement)
    more = ', batch_size=10, throttle="held_back:rest"'
    project.revision("a1", call(SHAPES["heap"], more))
    slices = "alembic_zdt_backfill_slice"

    with upgrading(project) as upgrade:
        upgrade.begin()
        db.wait_until("to_regclass('alembic_zdt_backfill_slice') IS NOT NULL")
        db.wait_until(f"EXISTS (SELECT FROM {slices} WHERE rows_done > 0)")
        done = db.value(f"SELECT sum(rows_done) FROM {slices}")
        db.execute(f"UPDATE {slices} SET leased_until = clock_timestamp()")
        db.wait_until(
            f"EXISTS (SELECT FROM {slices}"
            " WHERE leased_until > clock_timestamp() + interval '30 seconds')"
        )
        db.execute("UPDATE alembic_zdt_backfill SET status = 'cancelled'")

    assert isinstance(upgrade.error, BackfillUnfinishedError)
    assert db.value(f"SELECT sum(rows_done) FROM {slices}") == done
