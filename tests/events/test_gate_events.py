"""A contract that must wait is told, whatever it waits for."""

from __future__ import annotations

import pytest

from alembic_zdt import events
from alembic_zdt.errors import BackfillUnfinishedError, GateClosedError
from tests.support.workflows import renaming

TABLE = "CREATE TABLE users (id int PRIMARY KEY, email text)"
EXPAND, MIGRATE, CONTRACT = renaming("users", "email", "mail").splitlines()
FILL = (
    'op.backfill("users", {"email": "\'x\'"}, where="email IS NULL", mode="background")'
)
DROP = 'op.contract_drop_column("users", "email")'


@pytest.fixture
def old_session(db, project, monkeypatch):
    """A contract is pending; the session of the test is older than its expand."""
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("a1", 'op.expand_drop_column("users", "email")')
    project.revision("b2", DROP)
    project.upgrade("a1")
    return db.pid


def test_refused_contract_is_told_before_the_failure(
    project, driver, old_session, seen
):
    with pytest.raises(GateClosedError) as caught:
        project.upgrade()

    gate, failed = seen[-2:]
    assert seen.kinds == ["RunStarted", "GateClosed", "RunFailed"]
    assert (gate.revision, gate.waits) == ("b2", False)
    assert gate.message == failed.message == caught.value.primary
    assert old_session in gate.pids
    assert f"pid {old_session}" in gate.detail
    assert gate.hint == caught.value.hint


def test_wait_for_old_sessions_is_told_once(project, old_session, seen):
    with pytest.raises(GateClosedError):
        project.upgrade(x=["zdt.old_sessions=wait=1s"])

    waiting, closed = seen.of(events.GateClosed)
    assert (waiting.waits, closed.waits) == (True, False)
    assert waiting.message == closed.message
    assert "Waited" not in waiting.detail
    assert "Waited 1 s" in closed.detail


def test_contract_that_is_left_out_is_told(project, old_session, seen, capsys):
    project.upgrade(x=["zdt.stock_upgrade=before-contract"])

    assert seen.kinds == ["RunStarted", "GateClosed", "RunFinished"]
    assert seen.one(events.GateClosed).revision == "b2"
    assert seen.one(events.RunFinished).left_out == ("b2",)
    assert seen.one(events.RunFinished).revisions == ()
    assert "leaves it out" in capsys.readouterr().err


def test_missing_proof_is_told(db, project, seen):
    db.execute(TABLE)
    db.execute("INSERT INTO users VALUES (1, 'a')")
    project.revision("a1", EXPAND)
    project.revision("b2", CONTRACT)

    with pytest.raises(GateClosedError) as caught:
        project.upgrade()

    assert seen.one(events.GateClosed).message == caught.value.primary
    assert seen.one(events.GateClosed).revision == "b2"


def test_unfinished_backfill_is_told(db, project, seen):
    db.execute(TABLE)
    project.revision("a1", FILL)
    project.revision("b2", DROP, variables={"zdt_phase": "contract"})

    with pytest.raises(BackfillUnfinishedError):
        project.upgrade()

    gate = seen.one(events.GateClosed)
    assert gate.revision == "b2"
    assert "backfill" in gate.message
