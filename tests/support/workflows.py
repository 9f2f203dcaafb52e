"""Whole workflows, as the body of a revision."""

from __future__ import annotations

PHASES = ("expand", "migrate", "contract")


def renaming(table: str, old: str, new: str, options: str = "") -> str:
    """All three phases of a rename of a column.

    Args:
        table: the table.
        old: the name of the column.
        new: the name that it gets.
        options: further arguments, as they are written.
    """
    names = f"{table!r}, {old!r}, {new!r}"
    call = f"{names}, {options}" if options else names
    return "\n".join(f"op.{phase}_rename_column({call})" for phase in PHASES)


def retyping(table: str, column: str, type_: str, options: str = "") -> str:
    """All three phases of a change of a column's type.

    Args:
        table: the table.
        column: the column.
        type_: the new type, as it is written in Python.
        options: further arguments, as they are written.
    """
    call = ", ".join(filter(None, (f"{table!r}, {column!r}, {type_}", options)))
    return "\n".join(f"op.{phase}_alter_column_type({call})" for phase in PHASES)


def renaming_value(table: str, column: str, value: str, new: str, options: str) -> str:
    """All three phases of a rename of an enum value.

    Args:
        table: the table.
        column: the column.
        value: the name of the value.
        new: the name that it gets.
        options: the other arguments, as they are written.
    """
    call = f"{table!r}, {column!r}, {value!r}, {new!r}, {options}"
    return "\n".join(f"op.{phase}_rename_enum_value({call})" for phase in PHASES)
