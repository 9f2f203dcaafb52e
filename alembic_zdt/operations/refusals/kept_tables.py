"""Refusals of changes to the tables of this package, and to the version table.

The next run reads in them which revisions and batches are done.
https://alembic.sqlalchemy.org/en/latest/tutorial.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from alembic_zdt.errors import DependentObjectsError
from alembic_zdt.names import QualifiedName

REASON = (
    "The next run reads in this table which revisions, backfills and batches are done. "
    "Without the table, gates and status fail."
)

_NAMED_BY = ("table", "old", "new")
_HARMLESS = {"reindex_concurrently"}


def kept_table(operation: Any, kept: Collection[str]) -> str:
    """Return the table of this package that a directive changes, empty if none.

    Args:
        operation: an operation of this package.
        kept: the names of the tables.
    """
    if operation.directive in _HARMLESS:
        return ""
    named = [getattr(operation, name, None) for name in _NAMED_BY]
    named.append(getattr(getattr(operation, "spec", None), "table", None))
    named.append(getattr(getattr(operation, "shape", None), "referent", None))
    for each in named:
        if isinstance(each, QualifiedName) and each.name in kept:
            return each.label
    return ""


def refuse_kept_table(operation: Any, kept: Collection[str]) -> None:
    """Refuse a directive that changes a table of this package.

    Args:
        operation: an operation of this package.
        kept: the names of the tables.

    Raises:
        DependentObjectsError: it does.
    """
    table = kept_table(operation, kept)
    if table:
        raise DependentObjectsError(
            f'cannot {operation.purpose}: migrations need "{table}"',
            detail=REASON,
            hint=f"Remove {operation.call}, or name another table.",
            table=table,
        )
