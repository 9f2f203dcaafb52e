"""Expressions that convert times with and without time zone in a named zone.

https://www.postgresql.org/docs/current/functions-datetime.html
"""

from __future__ import annotations

from alembic_zdt.catalog.value_kinds import ValueKind

_DAYS = frozenset({"date", "timestamp", "timestamptz"})


def in_utc(
    column: str, new_column: str, old: ValueKind, new: ValueKind
) -> tuple[str, str] | None:
    """Return the expressions that read values as UTC, None if there are none.

    Args:
        column: the column, quoted.
        new_column: the column of the other type, quoted.
        old: the kind of its values.
        new: the kind of the values of the new column.
    """
    is_plain = {old.name, new.name} <= _DAYS and not (old.is_array or new.is_array)
    if not is_plain:
        return None
    return _in_utc(column, old, new), _in_utc(new_column, new, old)


def _in_utc(column: str, old: ValueKind, new: ValueKind) -> str:
    value = f"{column}::timestamp" if old.name == "date" else column
    converted = f"{value} AT TIME ZONE 'UTC'"
    return f"({converted})::date" if new.name == "date" else converted
