"""The change of an enum column to another enum type.

Each value of one type has a counterpart in the other, so the expressions for both
directions are built from the two lists.  https://www.postgresql.org/docs/current/datatype-enum.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Enum, TypeDecorator
from sqlalchemy.dialects import postgresql

from alembic_zdt.catalog import enum as catalog
from alembic_zdt.catalog import ownership
from alembic_zdt.errors import (
    DuplicateObjectError,
    UsageError,
    WrongObjectTypeError,
    ZdtError,
)
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.operations.calls.sql_text import DIALECT
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.columns.column_types import SqlType
from alembic_zdt.server_facts import EnumValues, Server
from alembic_zdt.steps import Precondition, Row, SkipCondition, Step


def checked_enum(existing_type: object, call: str) -> Enum:
    """Return the enum type of the column.

    Raises:
        UsageError: it is not an enum type with a name.
    """
    if isinstance(existing_type, Enum) and existing_type.name:
        return existing_type
    raise UsageError(
        f"existing_type={existing_type!r} is not an enum type",
        detail="existing_type= must have the name of the type and all of its values.",
        hint='Write existing_type=sa.Enum("new", "paid", name="order_status"), with '
        f"all values in their order, in {call}.",
    )


def name_of(enum: Enum) -> QualifiedName:
    """Return the qualified name of an enum type."""
    return QualifiedName(str(enum.name), enum.schema)


def with_values(values: Iterable[str], name: str, schema: str | None) -> Enum:
    """Build an enum type that SQLAlchemy does not create with a table."""
    return postgresql.ENUM(*values, name=name, schema=schema, create_type=False)


def mapping(column: str, pairs: Iterable[tuple[str, str]], old: Any, new: Any) -> str:
    """Build the expression for the counterpart of a value in the other type.

    A value that is in no pair keeps its label.  If the other type does not have it,
    the expression fails.
    """
    old_type, new_type = SqlType.of(old, "type").cast, SqlType.of(new, "type").cast
    cases = (
        f"WHEN {quote(column)} OPERATOR(pg_catalog.=)"
        f" CAST({literal(a).strip()} AS {old_type})"
        f" THEN CAST({literal(b).strip()} AS {new_type})"
        for a, b in pairs
    )
    other = f"CAST(CAST({quote(column)} AS pg_catalog.text) AS {new_type})"
    return f"CASE {' '.join(cases)} ELSE {other} END"


def require_values(enum: Enum, server: Server, call: str) -> None:
    """Refuse values that differ from those of the existing type.

    Raises:
        UsageError: they differ.
    """
    found = server.answer(EnumValues(name_of(enum)))
    if found is None or list(found) == list(enum.enums):
        return
    raise UsageError(
        f'enum type "{name_of(enum).label}" has other values',
        detail=f"It has {', '.join(found)}; the call has {', '.join(enum.enums)}.",
        hint=f"Correct the values, and their order, in {call}.",
        enum=name_of(enum).label,
    )


def enum_of(type_: Any) -> Enum | None:
    """Return the enum type that SQLAlchemy creates with a table, None if there is none.

    With ``create_type=False`` SQLAlchemy does not create it.
    """
    if isinstance(type_, TypeDecorator):
        type_ = type_.load_dialect_impl(DIALECT)
    if isinstance(type_, ARRAY):
        return enum_of(type_.item_type)
    own = type_.dialect_impl(DIALECT)
    is_enum = isinstance(own, postgresql.ENUM) and own.name and own.create_type
    return own if is_enum else None


def ownership_of(enum: Enum, table: QualifiedName, old: Any = None) -> Precondition:
    """Refuse a type of that name that another role owns.

    Args:
        enum: the type that the column gets.
        table: its table.
        old: the present type of the column; its owner may own the new one too.
    """
    like = name_of(old) if isinstance(old, Enum) and old.name else None
    found = ownership.type_(name_of(enum))
    return ownership.look(found, subject=table, like=like)


def creating_step(enum: Enum) -> Step:
    """Build the step that creates the type unless it exists."""
    name = name_of(enum)
    return Step(
        purpose=f'create enum type "{name.label}"',
        statements=(catalog.create(name, enum.enums),),
        locks=(),
        skip_if=SkipCondition(
            catalog.has_values(name, enum.enums), "it has these values"
        ),
        preconditions=(name_is_free(enum),),
    )


def name_is_free(enum: Enum) -> Precondition:
    """Refuse a name that another type has."""
    name, wanted = name_of(enum), ", ".join(enum.enums)

    def taken(rows: Sequence[Row]) -> ZdtError:
        return DuplicateObjectError(
            f'type "{name.label}" exists with another definition',
            detail=f"There is {rows[0][0]}. Wanted: enum type {name.label}: {wanted}.",
            hint=_without_conflict(enum, str(rows[0][0])),
            name=name.label,
        )

    return Precondition(catalog.described(name), taken)


def _without_conflict(enum: Enum, described: str) -> str:
    """Return the hint for a name that is taken, with calls that add missing values."""
    kind, _, labels = described.partition(": ")
    there = labels.split(", ") if kind.startswith("enum type ") else enum.enums
    missing = [number for number, each in enumerate(enum.enums) if each not in there]
    calls = " and ".join(_adding(enum, number) for number in missing)
    also = f", or add what is missing with {calls} first" if calls else ""
    return f"Choose another name{also}."


def _adding(enum: Enum, number: int) -> str:
    """Return the call that adds one value of an enum at its place."""
    name, values = name_of(enum), enum.enums
    place = {"after": values[number - 1]} if number else {}
    if not number and len(values) > 1:
        place = {"before": values[1]}
    options = {**place, "schema": name.schema}
    return written_call("add_enum_value", (name.name, values[number]), options)


def require_type(
    enum: QualifiedName, table: QualifiedName, column: str
) -> Precondition:
    """Refuse a column of another type, which a change of the enum cannot reach."""

    def other(rows: Sequence[Row]) -> ZdtError:
        type_ = rows[0][0]
        return WrongObjectTypeError(
            f'"{table.label}.{column}" is {type_}, not {enum.label}',
            detail=f'No value of the enum type "{enum.label}" is stored there.',
            hint="Correct the column, or the name in existing_type=.",
            column=column,
            enum=enum.label,
        )

    return Precondition(catalog.other_type(enum, table, column), other)


def dropping_step(enum: Enum) -> Step:
    """Build the step that drops the type if nothing uses it."""
    name = name_of(enum)
    kept = f"(NOT {catalog.is_there(name)} OR {catalog.is_used(name)})"
    return Step(
        purpose=f'drop enum type "{name.label}"',
        statements=(f"DROP TYPE {name.sql}",),
        locks=(),
        skip_if=SkipCondition(kept, "it is gone, or something else uses it"),
    )
