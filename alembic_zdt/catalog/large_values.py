"""Measure the values of a column without reading one of them.

https://www.postgresql.org/docs/current/storage-toast.html
"""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.catalog import column as column_catalog
from alembic_zdt.catalog import lookup, partition
from alembic_zdt.connection.database import Database
from alembic_zdt.names import quote
from alembic_zdt.server_facts import ColumnQuestion

_FIRST_PAGES, _FIRST_ROWS = 200, 1000


@dataclass(frozen=True)
class LargestValue(ColumnQuestion[int]):
    """How large, in bytes, is the largest value of the column in the first rows?"""


@lookup.answer.register
def _(question: LargestValue, database: Database) -> int:
    """Return the largest stored size, without reading values stored out of line."""
    table, column = question.table, quote(question.column)
    out_of_line = (
        f"EXISTS ({partition.tree(table)} SELECT FROM tree JOIN pg_catalog.pg_class c"
        " ON c.oid OPERATOR(pg_catalog.=) tree.oid"
        " WHERE c.reltoastrelid OPERATOR(pg_catalog.<>) 0 AND"
        " pg_catalog.pg_relation_size(c.reltoastrelid) OPERATOR(pg_catalog.>) 0)"
    )
    pages = f"CAST('({_FIRST_PAGES},0)' AS pg_catalog.tid)"
    first = (
        f"SELECT {column} AS value FROM {table.sql}"
        f" WHERE ctid OPERATOR(pg_catalog.<) {pages} LIMIT {_FIRST_ROWS}"
    )
    largest = "pg_catalog.max(pg_catalog.pg_column_size(value))"
    is_there = column_catalog.exists(table, question.column)
    if not database.holds(f"({is_there} AND {out_of_line})"):
        return 0
    return int(database.value(f"SELECT {largest} FROM ({first}) x") or 0)
