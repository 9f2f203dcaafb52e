"""A slice belongs to one worker at a time, also when one was suspended for long."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from sqlalchemy import NullPool, create_engine

from alembic_zdt.backfill import slices as slices_module
from alembic_zdt.backfill import worker as worker_module
from alembic_zdt.backfill.batch_session import Session
from alembic_zdt.backfill.batch_statements import Row
from alembic_zdt.backfill.batches import CheckSchedule, LeaseLostError, SliceBatches
from alembic_zdt.backfill.journal import Journal, Place
from alembic_zdt.backfill.pace import Pace
from alembic_zdt.backfill.page_fill import PageFill
from alembic_zdt.backfill.page_walk import Paces, PageWalk
from alembic_zdt.backfill.rest_walk import RestWalk
from alembic_zdt.backfill.slices import Slices
from alembic_zdt.backfill.worker import Worker
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


PROOF = (
    "UPDATE alembic_zdt_backfill_slice SET kind = 'proof', worker = 'A',"
    " worker_pid = %s, leased_until = clock_timestamp() + interval '1 day' - %s"
)


def test_proof_of_a_worker_that_a_restart_has_ended(db, session, record):
    """Its lease is long, and another session may have got its pid."""
    slices = Slices(session, PLACE)
    db.execute(PROOF, db.pid, timedelta(0))
    assert slices.lease(NAME, record.fingerprint, "B") is None

    db.execute(PROOF, db.pid, timedelta(hours=1))  # longer than that session lasts

    assert slices.lease(NAME, record.fingerprint, "B").kind == "proof"


def test_proof_of_a_worker_that_is_suspended(db, session, record, monkeypatch):
    """When its statement has ended, it has as long as between two batches."""
    slices = Slices(session, PLACE)
    db.execute(PROOF, db.pid, timedelta(0))
    assert slices.lease(NAME, record.fingerprint, "B") is None
    short = slices_module._IS_FREE.replace("1 minute", "0 seconds")
    monkeypatch.setattr(slices_module, "_IS_FREE", short)

    assert slices.lease(NAME, record.fingerprint, "B").kind == "proof"


def leased_batches(session, record):
    """The batches of a worker that has leased the slice, and the slice."""
    slices = Slices(session, PLACE)
    leased = slices.lease(NAME, record.fingerprint, "A")
    store = storage.store(session, leased.relation, record.definition.table)
    key = storage.primary_key(session, store.oid)
    made = record.definition, store, key, session, CheckSchedule()
    return SliceBatches(slices, leased, "A", *made), leased


def test_batch_of_who_has_lost_the_lease_changes_no_row(db, session, record):
    """It would change rows that the other worker changes, too."""
    batches, _ = leased_batches(session, record)
    db.execute(PAST)
    Slices(session, PLACE).lease(NAME, record.fingerprint, "B")

    with session.opened(durable=False), pytest.raises(LeaseLostError):
        batches.send(Row("(0,1)"), None)

    assert db.value(f"SELECT count(*) FROM users WHERE {IS_DONE}") == 0


def test_backfill_that_another_worker_has_just_finished(db, session, record):
    """This one has looked a moment ago, and adds no second proof."""
    worker = Worker(session, PLACE, record, Settings())
    worker._looked_at = math.inf
    db.execute("UPDATE alembic_zdt_backfill SET status = 'finished'")
    db.execute("UPDATE alembic_zdt_backfill_slice SET is_done = true")

    assert worker.run() is False

    assert db.value("SELECT count(*) FROM alembic_zdt_backfill_slice") == 1
    assert db.value("SELECT status FROM alembic_zdt_backfill") == "finished"


def test_pages_beside_a_session_that_writes(db, session, record):
    """Each pace of the walk learns of it, and aims at shorter batches."""
    batches, leased = leased_batches(session, record)
    ticks = iter((0, 0, 0))
    paces = [Pace(1.0, 100, clock=lambda: next(ticks, 60)) for _ in range(3)]
    walk = PageWalk(batches, leased, session, Settings(), lambda: None, str)
    assert [pace._aim for pace in paces] == [1.0, 1.0, 1.0]

    with db.session() as other, session.opened(durable=False):
        other.execute("BEGIN; INSERT INTO users (id, email) VALUES (0, 'new')")
        walk.run(Paces(*paces), PageFill(indexed=True, dense=1), lambda: None)

    assert [round(pace._aim, 2) for pace in paces] == [0.25, 0.25, 0.25]


def test_batches_of_the_rows_that_are_left_grow(db, session, record):
    """A thousand rows that the proof has found need no thousand batches."""
    batches, leased = leased_batches(session, record)
    places = session.rows("SELECT ctid::text, id::text FROM users")
    pace = Pace(1.0, 1000)
    first = pace.size
    walk = RestWalk(batches, leased, session, Settings(), lambda: None, str)

    with session.opened(durable=False):
        walk.run(pace, batches.key, list(places))

    assert pace.size > first
    assert db.value(f"SELECT count(*) FROM users WHERE NOT {IS_DONE}") == 0


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
