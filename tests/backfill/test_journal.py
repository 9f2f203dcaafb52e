"""What the journal keeps of a backfill."""

from __future__ import annotations

import pytest
from sqlalchemy import NullPool, create_engine

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.journal import Journal, Place
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName

PLACE = Place(QualifiedName("alembic_zdt_backfill"))
DEFINITION = Definition(
    QualifiedName("users", "s"),
    {"a": "'x'", "b": "lower(b)"},
    where="a IS NULL",
    key=("id",),
    batch_rows=7,
    verify=False,
    triggers="skip",
)


@pytest.fixture
def journal(db):
    engine = create_engine(db.url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        found = Journal(Database(connection), PLACE)
        assert not found.exists
        found.create()
        found.create()
        yield found


def begin(journal, name="n", status="queued"):
    journal.begin(name, "r1", DEFINITION, "f", status)
    return journal.find(name)


def test_a_backfill_from_its_begin_to_its_end(journal):
    """The first start counts, whatever comes between."""
    record = begin(journal)
    assert record.definition == DEFINITION
    assert (record.revision, record.fingerprint, record.round) == ("r1", "f", 0)
    assert (record.started_at, record.finished_at, record.seconds) == (None, None, 0)

    assert journal.set_status("n", "running")
    started = journal.find("n").started_at
    assert started is not None
    assert journal.set_status("n", "failed", "it's too much")
    assert journal.find("n").error == "it's too much"
    assert journal.set_status("n", "running")
    record = journal.find("n")
    assert (record.started_at, record.error, record.is_open) == (started, None, True)
    assert journal.set_status("n", "finished")
    record = journal.find("n")
    assert record.finished_at > record.started_at == started
    assert not record.is_open


@pytest.mark.parametrize("status", ["queued", "paused", "failed", "cancelled"])
def test_what_does_not_run_has_not_started(journal, status):
    begin(journal)

    journal.set_status("n", status)

    assert journal.find("n").started_at is None
    assert journal.find("n").finished_at is None


@pytest.mark.parametrize("end", ["finished", "cancelled"])
def test_what_has_ended_changes_no_more_until_it_begins_again(journal, end):
    begin(journal)
    journal.set_status("n", end)

    assert not journal.set_status("n", "running")
    assert journal.status("n") == end
    assert begin(journal, status="running").status == "running"


def test_a_backfill_that_has_begun_again_as_another_one_is_left_alone(journal):
    begin(journal)

    assert not journal.set_status("n", "running", fingerprint="of another one")
    assert journal.status("n", "of another one") == "cancelled"
    assert journal.set_status("n", "running", fingerprint="f")
    assert journal.status("n", "f") == "running"
    assert journal.status("m") == "cancelled"
    assert journal.find("m") is None


def test_backfills_are_told_apart_and_the_oldest_is_first(journal):
    for name in ("m", "n"):
        begin(journal, name)

    journal.set_status("m", "paused")

    assert [each.name for each in journal.records()] == ["m", "n"]
    assert [each.name for each in journal.records("status = 'queued'")] == ["n"]
