"""Two tables that are locked in one transaction can deadlock with the application.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.around import Around, plain
from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.examples import ORDERS
from alembic_zdt.checks.recording.call import Call
from alembic_zdt.checks.sql.acts import ChangeRows, TableAct
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.stock import stock_locks


def _look(call: Call, around: Around) -> Iterator[Problem]:
    own = _locked(call, around)
    held = {
        table
        for other in around.in_same_transaction(call)
        for table in _locked(other, around)
    }
    for table in sorted(own - held, key=str):
        if held:
            others = ", ".join(sorted(other.words for other in held))
            words = f"{table.words} is locked while the locks of {others} are held"
            yield Problem(words, table)
            return


def _locked(call: Call, around: Around) -> set[QualifiedName]:
    """The tables of others whose reads or writes wait for it."""
    known = (stock_locks(operation) for operation in call.acts)
    acts = {
        act.table
        for act in call.acts
        if isinstance(act, TableAct)
        and not isinstance(act, ChangeRows)
        and not around.is_new(act.table)
    }
    names = acts | {
        lock.name
        for found in known
        for lock in (found.locks if found else ())
        if lock.mode.stalls_application
        and lock.kind == "table"
        and not around.is_new(lock.name)
    }
    return set(map(plain, names))


CHECK = Check(
    id="several-tables",
    severity=Severity.WARNING,
    reason="The locks of a revision are held until its transaction ends. Code that "
    "uses the tables in another order waits for one and holds the other: a deadlock, "
    "in which one of the two is ended. Write a revision for each table; our directives "
    "lock one table at a time.",
    look=_look,
    setup=ORDERS,
    bad='op.add_column("users", sa.Column("note", sa.Text()))\n'
    'op.add_column("orders", sa.Column("note", sa.Text()))',
    good='op.expand_add_column("users", sa.Column("note", sa.Text()))\n'
    'op.expand_add_column("orders", sa.Column("note", sa.Text()))',
    claim=Claim(
        {"users": LockMode.ACCESS_EXCLUSIVE, "orders": LockMode.ACCESS_EXCLUSIVE}
    ),
)
