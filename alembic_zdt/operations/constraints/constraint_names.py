"""Final names of constraints and indexes: the caller's, or the naming convention's.

SQLAlchemy cuts names of conventions that are too long, with a hash at the end.
https://docs.sqlalchemy.org/en/20/core/constraints.html#constraint-naming-conventions
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Constraint
from sqlalchemy.sql.elements import conv

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.catalog import constraint as catalog
from alembic_zdt.errors import UsageError, WrongObjectTypeError, ZdtError
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.calls.sql_text import DIALECT
from alembic_zdt.operations.indexes.index_ddl import NAME_IT, kept
from alembic_zdt.steps import Precondition, Row

_TYPES = {"foreignkey": "f", "primary": "p", "unique": "u", "check": "c"}
"""``pg_constraint.contype`` of Alembic's ``type_``."""


def as_given(name: str, given: Any) -> str:
    """Return *name* for a written call, marked as final unless the caller gave it.

    A naming convention must not be applied to a name twice.
    """
    is_own = name == given and not isinstance(given, conv)
    return name if is_own else conv(name)


def final_name(constraint: Constraint, table: QualifiedName) -> str:
    """Return the name that *constraint* will have in the database.

    Raises:
        UsageError: the caller gave no name, and there is no convention.
        IdentifierTooLongError: the name has more than 63 bytes.
    """
    given = getattr(constraint, "name", None)
    if isinstance(given, str):
        kept(given, "constraint")
    name = contexts.final_name(constraint, DIALECT)
    if name is None:
        raise UsageError(
            f'a constraint on "{table.label}" has no name',
            detail="The first argument is None and target_metadata has no naming "
            "convention for it. A later step must find the constraint by its name.",
            hint=NAME_IT,
        )
    return checked(name, "constraint")


def dropped_name(
    given: str, table: QualifiedName, type_: str | None, schema_obj: Any
) -> str:
    """Return the final name of a constraint to drop, as Alembic would find it.

    Args:
        given: the caller's name.
        table: its table.
        type_: its type, as in Alembic; a convention holds only for a known type.
        schema_obj: Alembic's ``SchemaObjects``, which knows the naming convention.

    Raises:
        IdentifierTooLongError: the name has more than 63 bytes.
    """
    name = kept(given, "constraint")
    if isinstance(given, conv) or type_ is None:
        return name
    build = schema_obj.generic_constraint
    try:
        constraint = build(name, table.name, type_, schema=table.schema)
        found = contexts.final_name(constraint, DIALECT)
    except LookupError:  # a convention that needs the columns
        return name
    return name if found is None else checked(found, "constraint")


def is_of_type(
    name: str, table: QualifiedName, type_: str | None
) -> Iterator[Precondition]:
    """Refuse a constraint of this name that is of another type."""
    wanted = _TYPES.get(type_ or "")
    if wanted is None:
        return

    def other(rows: Sequence[Row]) -> ZdtError:
        return WrongObjectTypeError(
            f'constraint "{name}" of "{table.label}" is of another type',
            detail=f"There is: {rows[0][0]}. Wanted: type {type_}.",
            hint="Correct the name or type_=.",
            constraint=name,
        )

    there = catalog.namesakes(name, table)
    yield Precondition(f"{there} AND k.contype <> '{wanted}'", other)


def queued_constraint(table: QualifiedName, name: str) -> str:
    """Return the name that the queue has for a constraint."""
    return f"{table.label}.{name}"
