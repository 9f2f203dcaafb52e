"""The DO block that is the whole transaction of a step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.runner.transactions import (
    LOCAL_COMMIT,
    do_block,
    gate_statements,
    short_transaction,
    strong_statements,
)
from alembic_zdt.steps import Precondition, RelationLock, SkipCondition, Step

USERS = QualifiedName("users")
ORDERS = QualifiedName("Order", "shop")
GUARD = SkipCondition("false", "never")


def _step(*locks, statement="ALTER TABLE users ADD x int"):
    return Step("do it", (statement,), locks, GUARD)


def lock_statements(locks):
    return [*gate_statements(locks), *strong_statements(locks)]


def test_weak_lock_is_taken_before_the_strong_one():
    """Its queue stalls nobody."""
    lock = RelationLock(LockMode.ACCESS_EXCLUSIVE, USERS)

    assert short_transaction(_step(lock), 50, timed=False) == (
        "DO $zdt$\n"
        "BEGIN\n"
        "  PERFORM pg_catalog.set_config('lock_timeout', '50ms', true);\n"
        f"  {LOCAL_COMMIT}\n"
        "  LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE;\n"
        "  LOCK TABLE users IN ACCESS EXCLUSIVE MODE;\n"
        "  ALTER TABLE users ADD x int;\n"
        "END\n"
        "$zdt$"
    )


def test_look_is_behind_the_weak_lock():
    """What is looked at stalls nobody, and nobody changes it afterwards."""
    lock = RelationLock(LockMode.ACCESS_EXCLUSIVE, USERS)
    wrong = Precondition("SELECT 'a view'", ValueError)
    slow = Precondition("SELECT 'a row'", ValueError, max_seconds=1.0)
    step = replace(_step(lock), preconditions=(wrong, slow), unchanged="a = b")

    gate, first, second, strong = short_transaction(step, 50).splitlines()[8:12]

    assert "SHARE UPDATE EXCLUSIVE" in gate
    assert "NOT EXISTS (SELECT 'a view')" in first
    assert "a OPERATOR(pg_catalog.=) b" in second
    assert "ACCESS EXCLUSIVE" in strong


def test_tables_are_locked_in_the_order_of_the_step():
    """Parent first."""
    mode = LockMode.SHARE_ROW_EXCLUSIVE
    locks = [RelationLock(mode, USERS), RelationLock(mode, ORDERS)]

    assert lock_statements(locks) == [
        'LOCK TABLE users, shop."Order" IN SHARE UPDATE EXCLUSIVE MODE;',
        'LOCK TABLE users, shop."Order" IN SHARE ROW EXCLUSIVE MODE;',
    ]


def test_partitioned_table_can_be_locked_alone():
    """ONLY spares its partitions."""
    lock = RelationLock(LockMode.SHARE, USERS, only=True)

    assert lock_statements([lock])[-1] == "LOCK TABLE ONLY users IN SHARE MODE;"


def test_lock_that_stalls_nobody_needs_no_gate():
    """It is one itself."""
    lock = RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, USERS)

    assert lock_statements([lock]) == [
        "LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE;"
    ]


def test_index_is_left_to_the_statement():
    """LOCK TABLE takes no index."""
    lock = RelationLock(LockMode.ACCESS_EXCLUSIVE, USERS, kind="index")

    assert lock_statements([lock]) == []


def test_block_with_its_own_tag_in_a_statement_runs(db):
    """Whatever is in a literal or a name cannot end the block."""
    db.execute("CREATE TABLE noted (value text)")
    value = "$zdt$ $zdt1$"

    db.execute(do_block([f"INSERT INTO noted VALUES ('{value}');"]))

    assert db.value("SELECT value FROM noted") == value


def test_times_are_left_behind_by_the_block(db):
    """Queued, and ran, by the server's clock."""
    db.execute("CREATE TABLE users (id int)")
    lock = RelationLock(LockMode.ACCESS_EXCLUSIVE, USERS)

    db.execute(short_transaction(_step(lock), 50))

    queued, ran = db.value("SELECT current_setting('zdt.timing')").split()
    assert 0 <= float(queued) < 60
    assert 0 <= float(ran) < 60


@pytest.mark.parametrize(
    ("of_role", "found"), [("on", "local"), ("remote_apply", "local"), ("off", "off")]
)
def test_commit_does_not_wait_for_a_standby(db, of_role, found):
    """It would hold the locks meanwhile; afterwards all is as the role has it."""
    db.execute("CREATE TABLE users (id int)")
    db.execute("CREATE TABLE noted (value text)")
    db.execute(f"SET synchronous_commit = {of_role}")
    lock = RelationLock(LockMode.ACCESS_EXCLUSIVE, USERS)
    noting = "INSERT INTO noted VALUES (current_setting('synchronous_commit'))"

    db.execute(short_transaction(_step(lock, statement=noting), 50))

    assert db.value("SELECT value FROM noted") == found
    assert db.value("SHOW synchronous_commit") == of_role
