"""Checks that report every operation of one kind.

A check that needs more than the operation and the facts around it has a function of its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Look, Problem
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.schema_state import plain
from alembic_zdt.checks.sql.effects import AlterDomain, RenameEnumValue
from alembic_zdt.recording.call import Call

Kind = TypeVar("Kind")


def _always(_operation: object) -> bool:
    return True


def _never(_operation: object, _context: CheckContext) -> bool:
    return False


def _no_call(_operation: object, _context: CheckContext) -> str:
    return ""


def reporting(
    kind: type[Kind],
    message: Callable[[Kind, str], str],
    *,
    when: Callable[[Kind], object] = _always,
    unless: Callable[[Kind, CheckContext], object] = _never,
    among: Callable[[Call, CheckContext, type[Any]], Iterator[Any]] = on_used,
    suggestion: Callable[[Kind, CheckContext], str] = _no_call,
) -> Look:
    """Return a function that reports operations on tables that code may use.

    Args:
        kind: the class of the operations.
        message: a function that writes the message for an operation and the name of its
            table.
        when: a function that checks whether an operation does harm.
        unless: a function that checks whether the facts around the operation make it
            harmless.
        among: a function that yields the operations of that kind.
        suggestion: a function that writes the safe calls.
    """

    def look(call: Call, context: CheckContext) -> Iterator[Problem]:
        for operation in filter(when, among(call, context, kind)):
            if not unless(operation, context):
                table = table_of(operation)
                safe = suggestion(operation, context)
                yield Problem(message(operation, table.label), table, safe)

    return look


def reporting_all(
    kind: type[Kind],
    message: Callable[[Kind], str],
    *,
    when: Callable[[Kind], object] = _always,
    unless: Callable[[Kind, CheckContext], object] = _never,
) -> Look:
    """Return a function that reports operations that do not belong to one table.

    Args:
        kind: the class of the operations.
        message: a function that writes the message for an operation.
        when: a function that checks whether an operation does harm.
        unless: a function that checks whether the facts around the operation make it
            harmless.
    """

    def look(call: Call, context: CheckContext) -> Iterator[Problem]:
        for operation in call.acts:
            is_meant = isinstance(operation, kind) and when(operation)
            if is_meant and not unless(operation, context):
                yield Problem(message(operation))

    return look


def has_new_type(act: AlterDomain | RenameEnumValue, context: CheckContext) -> bool:
    """Check whether this revision has made the type."""
    return plain(act.name) in context.known.new_types


def has_new_column(
    operation: ops.AlterColumnOp | ops.DropColumnOp, context: CheckContext
) -> bool:
    """Check whether this revision has made the column."""
    return operation.column_name in context.known.table(table_of(operation)).made
