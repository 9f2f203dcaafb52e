"""The locks that a call takes, and those that are held when it comes."""

from __future__ import annotations

from alembic_zdt.checks.around import Around
from alembic_zdt.checks.known import plain
from alembic_zdt.checks.recording.call import Call
from alembic_zdt.checks.sql.acts import SetTimeout, TableAct
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.stock import stock_locks


def stalled_by(call: Call, around: Around) -> set[QualifiedName]:
    """The tables of others whose reads or writes wait for a call."""
    known = (stock_locks(operation) for operation in call.acts)
    acts = {
        plain(act.table)
        for act in call.acts
        if isinstance(act, TableAct) and act.stalls and not around.is_new(act.table)
    }
    return acts | {
        plain(lock.name)
        for found in known
        for lock in (found.locks if found else ())
        if lock.mode.stalls_application
        and lock.kind == "table"
        and not around.is_new(lock.name)
    }


def held_before(call: Call, around: Around) -> set[QualifiedName]:
    """The tables whose reads or writes wait already, to the end of the transaction."""
    return {
        table
        for other in around.in_same_transaction(call)
        for table in stalled_by(other, around)
    }


def is_bounded(call: Call, around: Around) -> bool:
    """Whether this revision has set a lock_timeout that holds for the call."""
    found = [
        act
        for other in (*around.earlier, call)
        for act in other.acts
        if isinstance(act, SetTimeout) and act.name == "lock_timeout"
    ]
    return bool(found and found[-1].milliseconds)
