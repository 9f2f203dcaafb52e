"""Conditions on the catalog that prove a change: no figures without the change.

Each function returns an SQL expression that is true once the change is made::

    proofs.demand(url, proofs.has_index("ix_orders_placed_at", "placed_at"), "ours")
"""

from __future__ import annotations

from examples.shop import server


class NotDoneError(RuntimeError):
    """A measured change is not in the catalog, or it was there before."""


def has_index(name: str, *columns: str) -> str:
    """Return the condition for a valid index on exactly these columns."""
    names = ", ".join(f"'{column}'" for column in columns)
    return (
        f"EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = to_regclass('{name}')"
        " AND i.indisvalid AND ARRAY(SELECT attname::text FROM pg_attribute"
        f" WHERE attrelid = i.indexrelid ORDER BY attnum) = ARRAY[{names}])"
    )


def has_constraint(table: str, name: str, *, is_valid: bool = True) -> str:
    """Return the condition for a constraint that is validated, or is NOT VALID."""
    validated = "convalidated" if is_valid else "NOT convalidated"
    return (
        "EXISTS (SELECT FROM pg_constraint"
        f" WHERE conrelid = to_regclass('{table}') AND conname = '{name}'"
        f" AND {validated})"
    )


def has_not_null(table: str, column: str) -> str:
    """Return the condition for a column that is NOT NULL and validated as such."""
    # PostgreSQL 18 sets attnotnull for a NOT NULL constraint that is NOT VALID, too.
    return (
        "EXISTS (SELECT FROM pg_attribute a"
        f" WHERE a.attrelid = to_regclass('{table}') AND a.attname = '{column}'"
        " AND a.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint c"
        " WHERE c.conrelid = a.attrelid AND c.contype = 'n'"
        " AND c.conkey = ARRAY[a.attnum] AND NOT c.convalidated))"
    )


def demand(url: str, condition: str, what: str) -> None:
    """Raise unless the condition holds.

    Raises:
        NotDoneError: it does not; the message begins with ``what``.
    """
    if not server.scalar(url, f"SELECT {condition}"):
        msg = f"{what}: the catalog does not show the change; wanted: {condition}"
        raise NotDoneError(msg)
