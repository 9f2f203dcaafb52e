"""Preconditions for adding and for dropping a twin.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import column as column_catalog
from alembic_zdt.errors import DuplicateObjectError, GateClosedError, ZdtError
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.steps import Precondition, Row
from alembic_zdt.twin.window import Window


def column_is_there(
    table: QualifiedName, column: str, detail: str
) -> DuplicateObjectError:
    """Build the error for a new column whose name another column has."""
    return DuplicateObjectError(
        f'column "{column}" of "{table.label}" exists already',
        detail=detail,
        hint="Choose another name, or drop that column first.",
        table=table.label,
        column=column,
    )


def name_is_free(window: Window) -> Precondition:
    """Refuse a twin whose name another column already has."""

    def taken(_rows: Sequence[Row]) -> ZdtError:
        detail = "The column is not a twin that this directive has made."
        return column_is_there(window.table, window.twin, detail)

    there = column_catalog.exists(window.table, window.twin)
    found = literal(f"column {quote(window.twin)}").strip()
    return Precondition(f"SELECT {found} WHERE {there}", taken)


def is_complete(window: Window) -> Precondition:
    """Refuse to drop a twin whose values may not all be in the original."""

    def incomplete(_rows: Sequence[Row]) -> ZdtError:
        return GateClosedError(
            f'"{window.twin}" of "{window.table.label}" may hold values that '
            f'"{window.original}" does not have',
            detail="A part of the window is missing or switched off, and no valid "
            "CHECK proves that the two columns are equal.",
            hint="Run the expand and the migrate of this change again, then run "
            "the same command again.",
            table=window.table.label,
            column=window.twin,
        )

    found = f"SELECT 1 WHERE NOT ({window.keeps_equal} OR {window.is_proven})"
    return Precondition(found, incomplete)
