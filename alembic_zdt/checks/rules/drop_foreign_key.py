"""DROP CONSTRAINT of a foreign key locks both of its tables.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import REFERRING
from alembic_zdt.checks.suggestions import ready
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.constraint import DropConstraintSafelyOp
from alembic_zdt.recording.call import Call

_NAME = re.compile(r"fk_.*|.*_fk(?:ey)?", re.DOTALL)


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.DropConstraintOp):
        if _is_foreign_key(op, context):
            table = table_of(op)
            name = str(op.constraint_name)
            words = f"the foreign key {name} of {table.words} locks two tables"
            safe = DropConstraintSafelyOp(
                name, table.name, "foreignkey", schema=table.schema
            )
            yield Problem(words, table, ready(op, safe.call))


def _is_foreign_key(op: ops.DropConstraintOp, context: CheckContext) -> bool:
    """Check whether it is one, by the call, earlier revisions, or at least its name."""
    if op.constraint_type is not None:
        return op.constraint_type == "foreignkey"
    name = str(op.constraint_name)
    known = context.known.table(table_of(op)).foreign_keys
    return name in known or _NAME.fullmatch(name) is not None


CHECK = Check(
    id="drop-foreign-key",
    severity=Severity.WARNING,
    reason="DROP CONSTRAINT of a foreign key takes ACCESS EXCLUSIVE on its table and "
    "on the one that it refers to: for a moment, but while it waits for either, every "
    "query of the other waits behind it. op.drop_constraint_safely() takes them one "
    "after the other, each with a bound.",
    look=_look,
    setup=REFERRING,
    bad='op.drop_constraint("orders_buyer_fkey", "orders", type_="foreignkey")',
    good='op.drop_constraint_safely("orders_buyer_fkey", "orders", "foreignkey")',
    claim=Claim(
        {"orders": LockMode.ACCESS_EXCLUSIVE, "users": LockMode.ACCESS_EXCLUSIVE}
    ),
    elsewhere={"squawk": "ban-drop-constraint"},
)
