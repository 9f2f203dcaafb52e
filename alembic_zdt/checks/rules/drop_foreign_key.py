"""DROP CONSTRAINT of a foreign key locks both of its tables.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext, table_of
from alembic_zdt.checks.examples import REFERRING
from alembic_zdt.checks.staying import on_staying
from alembic_zdt.checks.suggestions.safe_calls import ready
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.constraints.existing_constraint import (
    DropConstraintSafelyOp,
)
from alembic_zdt.recording.call import Call

_NAME = re.compile(r"\A(?:fk_.*|.*_fk(?:ey)?)\Z", re.DOTALL)


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_staying(call, context, ops.DropConstraintOp):
        if _is_foreign_key(op, context) and not _goes_with_column(op, call, context):
            table = table_of(op)
            name = str(op.constraint_name)
            words = f"the foreign key {name} of {table.label} locks two tables"
            safe = DropConstraintSafelyOp(
                *(name, table.name, "foreignkey"),
                schema=table.schema,
                if_exists=bool(getattr(op, "if_exists", None)),
            )
            yield Problem(words, table, ready(op, safe.call))


def _is_foreign_key(op: ops.DropConstraintOp, context: CheckContext) -> bool:
    """Check the constraint's type by the call, older revisions, or its name."""
    if op.constraint_type is not None:
        return op.constraint_type == "foreignkey"
    name = str(op.constraint_name)
    known = context.known.table(table_of(op)).foreign_keys
    return name in known or _NAME.fullmatch(name) is not None


def _goes_with_column(
    op: ops.DropConstraintOp, call: Call, context: CheckContext
) -> bool:
    """Check whether the transaction drops a column of the foreign key later."""
    table, name = table_of(op), str(op.constraint_name)
    columns = context.known.table(table).foreign_keys.get(name)
    gone = context.following.dropped_columns(call, table)
    return any(each in (columns or name) for each in gone)


CHECK = Check(
    id="drop-foreign-key",
    severity=Severity.WARNING,
    reason="DROP CONSTRAINT of a foreign key takes ACCESS EXCLUSIVE for a moment, on "
    "its table and on the referenced table. While it waits for the lock of one table, "
    "every query of the other table waits behind it. op.drop_constraint_safely() "
    "takes the two locks one after the other, each with a bound on the wait.",
    look=_look,
    setup=REFERRING,
    bad='op.drop_constraint("orders_buyer_fkey", "orders", type_="foreignkey")',
    good='op.drop_constraint_safely("orders_buyer_fkey", "orders", "foreignkey")',
    claim=Claim(
        {"orders": LockMode.ACCESS_EXCLUSIVE, "users": LockMode.ACCESS_EXCLUSIVE}
    ),
    elsewhere={"squawk": "ban-drop-constraint"},
)
