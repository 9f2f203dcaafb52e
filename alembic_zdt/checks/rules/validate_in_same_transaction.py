"""Validating a constraint under the lock that added it gains nothing.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, table_of
from alembic_zdt.checks.examples import USERS, USERS_READ
from alembic_zdt.checks.held_locks import held_before
from alembic_zdt.checks.schema_state import plain
from alembic_zdt.checks.suggestions.safe_calls import instead_of, ready
from alembic_zdt.findings import Severity
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.constraints.validate_constraint import ValidateConstraintOp
from alembic_zdt.recording.call import Call

_ADDS = (ops.CreateCheckConstraintOp, ops.CreateForeignKeyOp)


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    if isinstance(call.operation, ZdtOperation):  # it commits first
        return
    held = held_before(call, context)
    for op in call.acts:
        if isinstance(op, ValidateConstraintOp) and plain(op.table) in held:
            words = (
                f"VALIDATE of {op.name} reads {op.table.label} while earlier locks "
                "of the transaction block reads or writes of the table"
            )
            added = _added(op, call, context)
            safe = instead_of(added, context) if added else ready(op, op.call)
            yield Problem(words, op.table, safe)


def _added(op: ValidateConstraintOp, call: Call, context: CheckContext) -> Any:
    """Return the call that added the constraint, without NOT VALID, or None."""
    for other in context.in_same_transaction(call):
        for act in other.acts:
            if not isinstance(act, _ADDS) or act.constraint_name != op.name:
                continue
            if plain(table_of(act)) == plain(op.table):
                valid = copy(act)
                valid.kw = {**act.kw, "postgresql_not_valid": None}
                return valid
    return None


CHECK = Check(
    id="validate-in-same-transaction",
    severity=Severity.ERROR,
    reason="VALIDATE alone takes SHARE UPDATE EXCLUSIVE. But the transaction that has "
    "added the constraint, or has changed the table in another way, still holds "
    "ACCESS EXCLUSIVE (for a foreign key SHARE ROW EXCLUSIVE). So VALIDATE reads the "
    "table under that lock. Commit before VALIDATE, as directives do, or write two "
    "revisions.",
    look=_look,
    setup=USERS,
    bad='op.create_check_constraint("ck_users_email", "users", "email <> \'\'", '
    "postgresql_not_valid=True)\n"
    'op.execute("ALTER TABLE users VALIDATE CONSTRAINT ck_users_email")',
    good='op.create_check_constraint_two_phase("ck_users_email", "users", '
    "\"email <> ''\")",
    claim=USERS_READ,
    elsewhere={
        "squawk": "constraint-missing-not-valid",
        "strong_migrations": "validate_check_constraint",
        "eugene": "E4",
    },
)
