"""Errors of a change of type, in terms of the caller's arguments.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.types import TypeEngine

from alembic_zdt.catalog import ownership
from alembic_zdt.connection import driver_errors
from alembic_zdt.errors import UsageError, ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.columns.column_types import SqlType
from alembic_zdt.steps import Precondition, Row
from alembic_zdt.twin.trial import Trial
from alembic_zdt.twin.window import Window

_HINTS = {
    "using": "Pass using=, an expression over the column alone, whose value depends "
    "on nothing else, such as a setting of the session.",
    "reverse_using": "Pass reverse_using=, an expression over the new column alone "
    "that computes the old value from it.",
}


_BY_STATE = {
    "P0001": (  # an event trigger refuses whatever is tried
        "A function raised this error. If an event trigger called it (SELECT evtname,"
        " evtfoid::regproc FROM pg_event_trigger), let its owner allow the change."
    ),
    driver_errors.INSUFFICIENT_PRIVILEGE: (
        "Migrate as a role with that right, or grant the right; for temporary tables:"
        " GRANT TEMPORARY ON DATABASE ... TO ...;"
    ),
    driver_errors.UNDEFINED_OBJECT: (
        "Correct the type, or create it in a revision before this one."
    ),
}


def same_type(words: str, type_: SqlType) -> UsageError:
    """Build the error for a column that has the type already."""
    return UsageError(
        f'"{words}" is {type_.sql} already',
        detail="type_ and existing_type are the same.",
        hint=(
            "To write other values of the same type, use op.backfill(), or pass "
            "new_column_name= for a second column."
        ),
    )


def one_way(words: str, column: str, *, using: bool) -> UsageError:
    """Build the error for a call with ``using`` or ``reverse_using`` alone."""
    names = ("using", "reverse_using")
    given, missing = names if using else names[::-1]
    return UsageError(
        f'cannot convert "{words}" in both directions with {given}= alone',
        detail=(
            "While code for either type is running, each value of one type must "
            "become one of the other."
        ),
        hint=f'Pass {missing}=, too; a cast is written as "{column}::text".',
    )


def impossible(
    words: str, type_: SqlType, trial: Trial | None, when: str
) -> Sequence[Precondition]:
    """Refuse a type that the server refused in the trial.

    Args:
        words: the column, for messages.
        type_: the type.
        trial: the result of the trial.
        when: the SQL condition under which the type is refused.
    """
    if trial is None or trial.problem is None:
        return ()
    problem, tried = trial.problem, trial.tried
    by_object = _HINTS.get(
        tried, "First drop or change the object in the message of the server."
    )
    hint = _BY_STATE.get(problem.sqlstate, by_object)

    def refused(_rows: Sequence[Row]) -> ZdtError:
        return UsageError(
            f'"{words}" cannot become {type_.sql} in this way',
            detail=f"The server refuses {tried}: {problem.message}.",
            hint=hint,
            column=words,
        )

    return (Precondition(f"SELECT 1 WHERE {when}", refused),)


def of_zone(words: str, type_: SqlType, call: str) -> UsageError:
    """Build the error for a cast whose result depends on a time zone.

    Args:
        words: the column, for messages.
        type_: the type.
        call: the same call with UTC, empty if no builtin expression does it.
    """
    hint = "Pass using= and reverse_using= that call an IMMUTABLE function of yours."
    if call:
        hint = f"Write the time zone of the values, in all three phases: {call}."
    return UsageError(
        f'"{words}" cannot become {type_.sql} without a time zone',
        detail="A cast would take the values in the time zone of the session, which "
        "may be another one for each session.",
        hint=hint,
        column=words,
    )


def begun_alike(words: str, window: Window, *, using: bool) -> Precondition:
    """Refuse a phase that uses expressions if the first did not, or vice versa."""
    up, _ = window.conversions
    function = window.table.sibling(up.name)
    has_them = f"({ownership.has_conversion(function, window.table)})"

    def refused(_rows: Sequence[Row]) -> ZdtError:
        how = "without" if using else "with"
        return UsageError(
            f'the expand of "{words}" was run {how} using=',
            detail="All phases need the same expressions, else values would be "
            "converted in two ways.",
            hint="Pass the using= and reverse_using= of the expand here, too, or none.",
            column=words,
        )

    given = "true" if using else "false"
    return Precondition(
        f"SELECT 1 WHERE {window.is_open} AND {has_them} <> {given}", refused
    )


def in_phases(
    table: QualifiedName,
    column: str,
    type_: TypeEngine[Any] | None,
    existing_type: TypeEngine[Any] | None,
) -> str:
    """Return the hint with the calls of a change of the type in three phases."""
    named = {"existing_type": existing_type, "schema": table.schema}
    expand, migrate, contract = (
        written_call(f"{phase}_alter_column_type", (table.name, column, type_), named)
        for phase in ("expand", "migrate", "contract")
    )
    return f"Write {expand}, {migrate} and {contract}, each in a revision of its own."
