"""Final names of constraints: the caller's, or the naming convention's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Constraint
from sqlalchemy.sql.elements import conv

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.index_ddl import DIALECT


def as_given(name: str, given: Any) -> str:
    """Return *name*, marked as made by a convention if *given* is marked so."""
    return conv(name) if isinstance(given, conv) else name


def final_name(constraint: Constraint, table: QualifiedName) -> str:
    """Return the name that *constraint* will have in the database.

    Raises:
        UsageError: the caller gave none and there is no convention.
        IdentifierTooLongError: more than 63 bytes.
    """
    given = getattr(constraint, "name", None)
    if isinstance(given, str):
        checked(str(given), "constraint")
    name = contexts.final_name(constraint, DIALECT)
    if name is None:
        raise UsageError(
            f'a constraint on "{table.words}" has no name',
            detail="The first argument is None and target_metadata has no naming "
            "convention for it. A later step must find the constraint by its name.",
            hint="Pass a name, or configure target_metadata with a naming_convention.",
        )
    return checked(name, "constraint")
