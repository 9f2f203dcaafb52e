"""What is claimed of Alembic's own operations is what the server does."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from alembic_zdt.alembic_compat import interception
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.stock import BatchedOperations, stock_locks
from tests.commands.stock_calls import CALLS, INLINE, SETUP
from tools.recorded import Noting

HAS_INLINE = "inline_references" in inspect.signature(Operations.add_column).parameters
EVERY = (*CALLS, INLINE) if HAS_INLINE else CALLS
WEAKEST_FIRST = [mode.pg_locks_mode for mode in LockMode]
SCANNED = """
SELECT relname FROM pg_stat_xact_all_tables
WHERE schemaname = %s AND seq_scan > 0
"""

every_call = pytest.mark.parametrize("call", [pytest.param(c, id=c.id) for c in EVERY])


@contextmanager
def running(db, code) -> Iterator[tuple[sa.Connection, list]]:
    """Run the call in a transaction that is still open; with it, its operations."""
    engine = sa.create_engine(db.url(), poolclass=sa.NullPool)
    found = []

    def note(go_on, operation):
        found.append(operation)
        return go_on()

    with engine.connect() as connection:
        connection.begin()
        context = MigrationContext.configure(connection)
        with interception.intercepted(context, Noting(note)):
            exec(code, {"op": Operations(context), "sa": sa})  # noqa: S102  # a case of ours
        yield connection, found
        connection.rollback()


def claimed_by(found):
    whole = found[0] if len(found) == 1 else BatchedOperations("orders", tuple(found))
    claimed = stock_locks(whole)
    assert claimed is not None, f"cannot check {found}"
    return claimed


def locks_held(db, connection, relations):
    """The strongest mode on each relation, reading left out."""
    pid = connection.connection.driver_connection.info.backend_pid
    found = {}
    for relation, mode, granted in db.locks(pid):
        assert granted
        if relation not in relations or mode == "AccessShareLock":
            continue
        known = found.get(relation, mode)
        found[relation] = max(mode, known, key=WEAKEST_FIRST.index)
    return found


def relations_of(db, kinds):
    return set(
        db.column(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace"
            " AND relkind = ANY (%s)",
            db.schema,
            list(kinds),
        )
    )


@every_call
def test_claimed_locks_are_the_locks_held(db, call):
    """The strongest lock on each table that was there before is as claimed."""
    for statement in SETUP:
        db.execute(statement)
    kinds = "ri" if "drop-index-without" in call.id else "r"
    relations = relations_of(db, kinds)

    with running(db, call.code) as (connection, found):
        seen = locks_held(db, connection, relations)

    claimed = claimed_by(found)
    expected = {lock.name.name: lock.mode.pg_locks_mode for lock in claimed.locks}
    assert seen == expected | dict(call.more)
    assert not call.more or claimed.caution


@every_call
def test_claimed_scans_are_the_scans_done(db, call):
    """The tables read from end to end are those claimed, or it is left open."""
    for statement in SETUP:
        db.execute(statement)
    tables = relations_of(db, "r")

    with running(db, call.code) as (connection, found):
        rows = connection.exec_driver_sql(SCANNED, (db.schema,)).all()

    claimed = claimed_by(found)
    seen = {name for (name,) in rows} & tables
    if call.unsure:
        assert claimed.caution
    else:
        assert seen == set(claimed.scans)
