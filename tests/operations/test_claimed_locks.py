"""What each step says of its locks and scans is what a server sees."""

from __future__ import annotations

import re

import pytest

from alembic_zdt.locks import LockMode
from alembic_zdt.runner.transactions import short_transaction
from alembic_zdt.steps import Transaction
from tests.operations.cases import CASES
from tests.support.tracing import (
    Relations,
    claimed_locks,
    pending_steps,
    seen_concurrently,
    seen_in_transaction,
)

every_case = pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES])
both_ways = pytest.mark.parametrize("way", ["upgrade", "downgrade"])


ROWS_IN_WORDS = re.compile("<the next (pages|keys)>")


def _set_up(db, case, way):
    """A session of its own, whose statistics are there when it ends."""
    with db.session() as other:
        for statement in case.setup:
            other.execute(statement)
    if way == "downgrade":
        list(pending_steps(db, case.upgrade))


def _seen(db, step):
    if step.waits_for_snapshots:
        tables = [n for n, k in Relations.of(db).kinds.items() if k in "rp"]
        (statement,) = step.statements
        return seen_concurrently(db, statement, tables)
    if step.transaction is Transaction.SHORT:
        return seen_in_transaction(db, [short_transaction(step, 1000)])
    # What is shown of a batch says in words which rows it takes.
    statements = [ROWS_IN_WORDS.sub("true", each) for each in step.statements]
    return seen_in_transaction(db, statements)


def _bare(name):
    return name.rsplit(".", 1)[-1].strip('"')


def _dropped_concurrently(step):
    """An index whose last lock nobody can meet: the index was marked dead before."""
    drop = "DROP INDEX CONCURRENTLY "
    (statement, *_) = step.statements
    return {_bare(statement.removeprefix(drop))} if statement.startswith(drop) else ()


@pytest.mark.ways_by_turns
@both_ways
@every_case
def test_every_step_takes_the_locks_and_scans_that_it_claims(db, case, way):
    """No step locks or reads more than plan and documentation say, or less.

    Nor does a short one lock more strongly than its statements need, or two tables.
    """
    _set_up(db, case, way)

    for step in pending_steps(db, getattr(case, way)):
        relations = Relations.of(db)
        claimed = claimed_locks(db, step)
        found = _seen(db, step)
        seen = relations.telling(found.locks)
        for name in _dropped_concurrently(step):
            seen.pop(name, None)

        if any(lock.tree for lock in step.locks):
            # Of a tree some statements spare the members with nothing to do.
            claimed = {name: claimed[name] for name in claimed if name in seen}
        assert seen == claimed, step.purpose
        if step.batches is None:  # a batch reads its own pages only
            assert found.scans == {_bare(name) for name in step.scans}, step.purpose
        if step.transaction is Transaction.SHORT:
            _assert_no_stronger_than_its_statements(db, step)
        _assert_one_strong_lock(case, step)


def _assert_no_stronger_than_its_statements(db, step):
    """LOCK TABLE takes ahead what the statements take, and weak locks at most."""
    relations = Relations.of(db)
    bare = relations.telling(seen_in_transaction(db, step.statements).locks)
    extra = {
        name: mode
        for name, mode in claimed_locks(db, step).items()
        if bare.get(name) is not mode
    }
    assert set(extra.values()) <= {LockMode.SHARE_UPDATE_EXCLUSIVE}, step.purpose


def _assert_one_strong_lock(case, step):
    """Two tables are never locked strongly at once, but by an FK, its parent first."""
    tables = [
        lock.name.name
        for lock in step.locks
        if lock.kind == "table" and lock.mode.stalls_application
    ]
    # A view and the table in it are one, and are locked as a query locks them.
    is_view = any(words in case.id for words in ("by-view", "rename-table"))
    is_key = "foreign" in f"{case.id} {step.purpose}"
    is_foreign = is_key and tables[:1] == ["users"]
    assert len(tables) <= 1 + (is_view or is_foreign), step.purpose


NOT_NULL = "ALTER TABLE users ALTER COLUMN email SET NOT NULL"
USERS = (
    "CREATE TABLE users (id int PRIMARY KEY, email text);"
    "INSERT INTO users SELECT n, 'e' FROM generate_series(1, 100) n"
)


def test_stock_set_not_null_scans_under_access_exclusive(db):
    """The control case: without a valid CHECK the whole table is read."""
    db.execute(USERS)

    found = seen_in_transaction(db, [NOT_NULL])

    assert found.locks["users"] is LockMode.ACCESS_EXCLUSIVE
    assert found.scans == {"users"}


def test_set_not_null_does_not_scan_when_a_valid_check_proves_it(db):
    """The one step that is left then reads nothing."""
    db.execute(USERS)
    db.execute("ALTER TABLE users ADD CONSTRAINT ck CHECK (email IS NOT NULL)")

    steps = pending_steps(db, 'op.add_not_null_two_phase("users", "email")')
    found = {step.sql: _seen(db, step).scans for step in steps}

    assert [sql.startswith(NOT_NULL) for sql in found] == [True]
    assert list(found.values()) == [set()]


def test_stock_index_build_blocks_writes(db):
    """The control case: SHARE, and the table is read under it."""
    db.execute(USERS)

    found = seen_in_transaction(db, ["CREATE INDEX ix ON users (email)"])

    assert found.locks["users"] is LockMode.SHARE
    assert found.scans == {"users"}
