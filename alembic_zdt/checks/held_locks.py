"""Locks that a call takes, and locks that are held before it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from alembic.operations import ops

from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.schema_state import plain
from alembic_zdt.checks.sql.effects import SetTimeout, TableAct
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.stock import made_and_gone, stock_locks
from alembic_zdt.recording.call import AUTOCOMMIT, Call


def stalled_by(call: Call, context: CheckContext) -> set[QualifiedName]:
    """Return the tables in use whose reads or writes a call would block."""
    known = (stock_locks(operation) for operation in call.acts)
    acts = {
        plain(act.table)
        for act in call.acts
        if isinstance(act, TableAct) and act.stalls and not context.is_new(act.table)
    }
    return acts | {
        plain(lock.name)
        for found in known
        for lock in (found.locks if found else ())
        if lock.mode.stalls_application
        and lock.kind == "table"
        and not context.is_new(lock.name)
    }


def held_before(call: Call, context: CheckContext) -> AbstractSet[QualifiedName]:
    """Return the tables whose reads or writes earlier calls block already.

    Each earlier call is examined once, not again for every call after it.
    """
    for other in context.earlier[context.counted :]:
        locked = context.locked.setdefault(other.transaction, set())
        locked |= stalled_by(other, context)
        for operation in other.acts:
            if isinstance(operation, ops.RenameTableOp):
                _rename(locked, operation)
    context.counted = len(context.earlier)
    if call.transaction == AUTOCOMMIT:
        return frozenset()
    return context.locked.get(call.transaction, frozenset())


def _rename(locked: set[QualifiedName], operation: ops.RenameTableOp) -> None:
    """Move the lock of a renamed table to its new name."""
    made, gone = made_and_gone(operation)
    for old, new in zip(gone, made, strict=True):
        if plain(old) in locked:
            locked.remove(plain(old))
            locked.add(plain(new))


def is_bounded(call: Call, context: CheckContext) -> bool:
    """Check whether the revision has set a ``lock_timeout`` that covers the call."""
    found = [
        act
        for other in (*context.earlier, call)
        for act in other.acts
        if isinstance(act, SetTimeout)
        and act.name == "lock_timeout"
        and _lasts(act, other, call)
    ]
    return bool(found and found[-1].milliseconds)


def _lasts(act: SetTimeout, setter: Call, call: Call) -> bool:
    """Check whether a timeout still has effect when a later call runs."""
    if act.description == "SET LOCAL":
        return setter.transaction == call.transaction != AUTOCOMMIT
    return not act.description.startswith("ALTER")  # only new sessions have it
