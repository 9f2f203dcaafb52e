"""Calls that add a column first, and its index or constraint after it.

https://docs.sqlalchemy.org/en/20/core/metadata.html#sqlalchemy.schema.Column
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Column, ForeignKey

from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.calls.written_call import written_call

Options = Mapping[str, Any]
NO_OPTIONS: Options = MappingProxyType({})


def calls_instead(
    table: QualifiedName, column: Column[Any], what: str, options: Options
) -> str:
    """Return the hint for a column that is added together with an object.

    Args:
        table: the table.
        column: the column.
        what: the object, ``an index`` for example.
        options: the options of the caller's own call.
    """
    added = written_call("expand_add_column", (table.name, column), dict(options))
    return f"Write {added}, then {_CALLS[what](table, column)}."


def stored(table: QualifiedName, column: Column[Any], options: Options) -> UsageError:
    """Build the error for a column whose stored values are made from the row.

    Args:
        table: the table.
        column: the column.
        options: the options of the caller's own call.
    """
    ordinary: Column[Any] = Column(column.name, column.type, comment=column.comment)
    added = written_call("expand_add_column", (table.name, ordinary), dict(options))
    computed: Any = column.computed
    filled = written_call(
        "backfill",
        (table.name, {str(column.name): computed.sqltext}),
        {"schema": table.schema},
    )
    return UsageError(
        f'cannot add "{table.label}.{column.name}" with a stored generated value',
        detail="PostgreSQL rewrites the whole table for it, under ACCESS EXCLUSIVE, "
        "which blocks reads and writes.",
        hint=f"Add an ordinary column with {added}, and fill it with {filled}.",
        column=str(column.name),
    )


def _foreign_key(table: QualifiedName, column: Column[Any]) -> str:
    key: ForeignKey = next(iter(column.foreign_keys))
    *schema, referent, remote = key.target_fullname.split(".")
    name = key.name or f"fk_{table.name}_{column.name}_{referent}"
    positional = (name, table.name, referent, [str(column.name)], [remote])
    options = {
        "onupdate": key.onupdate,
        "ondelete": key.ondelete,
        "deferrable": key.deferrable,
        "initially": key.initially,
        "match": key.match,
        "source_schema": table.schema,
        "referent_schema": ".".join(schema) or None,
    }
    return written_call("create_foreign_key_two_phase", positional, options)


def _index(table: QualifiedName, column: Column[Any]) -> str:
    positional = (f"ix_{table.name}_{column.name}", table.name, [str(column.name)])
    options = {"schema": table.schema, "unique": True if column.unique else None}
    return written_call("create_index_concurrently", positional, options)


def _unique(table: QualifiedName, column: Column[Any]) -> str:
    positional = (f"uq_{table.name}_{column.name}", table.name, [str(column.name)])
    options = {"schema": table.schema}
    return written_call("create_unique_constraint_concurrently", positional, options)


def _primary_key(table: QualifiedName, column: Column[Any]) -> str:
    positional = (f"{table.name}_pkey", table.name, [str(column.name)])
    options = {"schema": table.schema}
    return written_call("create_primary_key_concurrently", positional, options)


_CALLS = {
    "a foreign key": _foreign_key,
    "an index": _index,
    "a unique constraint": _unique,
    "a primary key": _primary_key,
}
