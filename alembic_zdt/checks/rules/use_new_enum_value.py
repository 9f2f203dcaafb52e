"""A new value of an enum cannot be used in the transaction that adds the value.

https://www.postgresql.org/docs/current/sql-altertype.html#SQL-ALTERTYPE-NOTES
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import MOODS
from alembic_zdt.checks.schema_state import plain
from alembic_zdt.checks.sql import effects
from alembic_zdt.findings import Severity
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.enums.add_enum_value import AddEnumValueOp
from alembic_zdt.recording.call import Call

_STRING = re.compile(r"'((?:[^']|'')*)'")
_USE_NO_VALUE = (
    effects.AddEnumValue,
    effects.ControlTransaction,
    effects.RenameEnumValue,
    effects.SetTimeout,
)
_EVALUATED = {"INSERT ... VALUES", "ViewStmt"}
"""Statements that do no harm, but fail if they contain a new enum value."""


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    if isinstance(call.operation, ZdtOperation) or not any(map(_uses, call.acts)):
        return
    said = set(_said(call))
    for added in _added(call, context):
        if added.value in said:
            words = f"the value {added.value} of {added.name.label} is used"
            name = added.name
            safe = AddEnumValueOp(
                name.name,
                added.value,
                before=added.before,
                after=added.after,
                schema=name.schema,
            )
            yield Problem(f"{words} in the transaction that adds it", None, safe.call)


def _uses(act: Any) -> bool:
    if isinstance(act, effects.NoHarm):
        return act.description in _EVALUATED
    return not isinstance(act, _USE_NO_VALUE)


def _said(call: Call) -> Iterator[str]:
    """Yield the strings in the statements that the call sends."""
    for text in call.statements:
        for each in _STRING.finditer(text):
            yield each[1].replace("''", "'")
    if isinstance(call.operation, ops.BulkInsertOp):
        for row in call.operation.rows:
            for value in row.values():
                yield value.name if isinstance(value, Enum) else str(value)


def _added(call: Call, context: CheckContext) -> Iterator[effects.AddEnumValue]:
    """Yield the values added to types that are older than the revision."""
    for other in context.in_same_transaction(call):
        for act in other.acts:
            if isinstance(act, effects.AddEnumValue) and plain(act.name) not in (
                context.known.new_types
            ):
                yield act


CHECK = Check(
    id="use-new-enum-value",
    severity=Severity.ERROR,
    reason="PostgreSQL refuses a new value of an enum until the transaction that has "
    "added the value is committed. op.add_enum_value() leaves the transaction, so the "
    "statements after it may use the value.",
    look=_look,
    setup=MOODS,
    bad="op.execute(\"ALTER TYPE mood ADD VALUE 'calm'\")\n"
    "op.execute(\"UPDATE users SET mood = 'calm' WHERE id = 1\")",
    good="""\
op.add_enum_value("mood", "calm")
op.backfill("users", {"mood": "'calm'"}, where="id = 1 AND mood <> 'calm'")""",
    claim=Claim({}, fails="55P04"),
)
