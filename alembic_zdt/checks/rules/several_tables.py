"""Two tables that are locked in one transaction can deadlock with the application.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import ORDERS
from alembic_zdt.checks.held_locks import held_before, stalled_by
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    own, held = stalled_by(call, context), held_before(call, context)
    for table in sorted(own - held, key=str):
        if held:
            others = ", ".join(sorted(other.label for other in held))
            words = f"{table.label} is locked while the locks of {others} are held"
            yield Problem(words, table)
            return


CHECK = Check(
    id="several-tables",
    severity=Severity.WARNING,
    reason="The locks of a revision are held until its transaction ends. Code that "
    "locks the same tables in another order holds one table and waits for the other. "
    "That is a deadlock, and PostgreSQL ends one of the two transactions. Write a "
    "revision for each table; directives lock one table at a time.",
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
