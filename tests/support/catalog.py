"""Picture the objects of a schema, so that two schemas can be compared.

Two schemas are equal when nobody who only uses them can tell them apart: the order
of columns, oids and file numbers are left out; validity, ownership of sequences,
comments and privileges are in.  The schema's own name is left out of every text, so
that pictures of two schemas compare.
"""

from __future__ import annotations

from typing import Any

import psycopg

from alembic_zdt.names import literal
from alembic_zdt.testing.catalog_snapshot import array
from alembic_zdt.testing.object_queries import QUERIES, query_for

Snapshot = dict[str, tuple[tuple[Any, ...], ...]]


def snapshot(
    connection: psycopg.Connection[Any], schema: str, ignore: tuple[str, ...]
) -> Snapshot:
    """Return what the schema holds; the search_path must be that schema alone."""
    return {subject: _ask(connection, subject, schema, ignore) for subject in QUERIES}


def _ask(
    connection: psycopg.Connection[Any],
    subject: str,
    schema: str,
    ignore: tuple[str, ...],
) -> tuple[tuple[Any, ...], ...]:
    found = connection.execute("SELECT quote_ident(%s)", [schema]).fetchall()
    ((quoted,),) = found
    query = query_for(subject, literal(quoted), array(ignore))
    found = connection.execute(query.encode()).fetchall()
    return tuple(sorted(tuple(_without(quoted, v) for v in row) for row in found))


def _without(schema: str, value: Any) -> Any:
    return value.replace(f"{schema}.", "") if isinstance(value, str) else value
