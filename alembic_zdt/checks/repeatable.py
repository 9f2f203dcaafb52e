"""Changes of a revision that can be run a second time with the same result.

If a revision fails after a change was committed, the next run makes the change again.
https://alembic.sqlalchemy.org/en/latest/ops.html
"""

from __future__ import annotations

from typing import Any

from alembic.operations import ops
from sqlalchemy import Column, Identity

from alembic_zdt.checks.repeatable_sql import sql_may_run_again
from alembic_zdt.checks.revision_file import RevisionFile
from alembic_zdt.checks.sql.effects import NoHarm, SetTimeout
from alembic_zdt.checks.understanding import says_it
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.constraints.validate_constraint import ValidateConstraintOp
from alembic_zdt.operations.stock import BatchedOperations
from alembic_zdt.recording.call import Call, CreateAll

# If the VALIDATE of a pair fails, a constraint that is NOT VALID remains.
_CHANGE_NOTHING = (CreateAll, SetTimeout, ValidateConstraintOp, RevisionFile)
_COMMENTS = (ops.CreateTableCommentOp, ops.DropTableCommentOp)


def changes(call: Call) -> bool:
    """Check whether a call other than a directive changes something."""
    if isinstance(call.operation, ZdtOperation):
        return False
    return not all(
        isinstance(act, _CHANGE_NOTHING)
        or (isinstance(act, NoHarm) and not act.is_change)
        for act in call.acts
    )


def fails_again(call: Call) -> bool:
    """Check whether a call changes something, and cannot be run a second time."""
    return changes(call) and not may_run_again(call)


def may_run_again(call: Call) -> bool:
    """Check whether a second run of a call succeeds and changes nothing."""
    if isinstance(call.operation, BatchedOperations) or says_it(call.operation):
        return all(map(_operation_may, call.acts))
    return bool(call.statements) and all(map(sql_may_run_again, call.statements))


def alike(call: Call) -> tuple[Any, ...]:
    """Return a key that is equal for calls of which a check needs to see only one."""
    is_assured = bool(call.assured)
    place = (call.file, call.transaction)
    return (*call.acts, *place, is_assured, may_run_again(call))


def _operation_may(operation: Any) -> bool:
    if isinstance(operation, _COMMENTS):
        return True
    if isinstance(operation, ops.AlterColumnOp):
        is_renamed = operation.modify_name is not None
        is_one_way = is_renamed or "postgresql_using" in operation.kw
        return not (is_one_way or _switches_identity(operation))
    if isinstance(operation, ops.CreateTableOp) and _is_temporary(operation):
        return True
    if isinstance(operation, ops.CreateTableOp) and any(
        isinstance(each, Column) and each.index for each in operation.columns
    ):
        return False  # its CREATE INDEX has no IF NOT EXISTS
    flags = ("if_not_exists", "if_exists")
    return any(getattr(operation, flag, None) for flag in flags)


def _switches_identity(operation: ops.AlterColumnOp) -> bool:
    """Check whether a column becomes an identity column, or stops being one."""
    new, old = operation.modify_server_default, operation.existing_server_default
    return new is not False and isinstance(new, Identity) != isinstance(old, Identity)


def _is_temporary(operation: ops.CreateTableOp) -> bool:
    """Check whether the table is temporary, so that a re-run does not find it."""
    prefixes = getattr(operation, "prefixes", None) or operation.kw.get("prefixes")
    return any(str(each).upper().startswith("TEMP") for each in prefixes or ())
