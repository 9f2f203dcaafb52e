"""The objects of a database, as values that can be compared.

https://www.postgresql.org/docs/current/catalogs.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.names import IN_USER_SCHEMA, literal, quote
from alembic_zdt.steps import Row
from alembic_zdt.testing.object_queries import QUERIES, query_for

Objects = frozenset[Row]
Snapshot = Mapping[str, Objects]
_SCHEMAS = f"SELECT n.nspname::text FROM pg_namespace n WHERE {IN_USER_SCHEMA}"
_EXTENSIONS = "SELECT e.extname::text, e.extversion FROM pg_extension e"
SHOWN = 20
"""The longest list of differences in a message."""


def snapshot(connection: Connection, ignored: Iterable[str]) -> Snapshot:
    """Return the objects of the user's schemas that ``QUERIES`` finds.

    Args:
        connection: a connection in autocommit mode.
        ignored: the names of tables to leave out.
    """
    left_out = array(sorted(ignored))
    database = Database(connection)
    schemas = sorted(name for (name,) in database.rows(_SCHEMAS))
    found: dict[str, Objects] = {
        "schemas": Objects((name,) for name in schemas),
        "extensions": frozenset(database.rows(_EXTENSIONS)),
    }
    for schema in schemas:
        found |= dict(_objects(database, schema, left_out))
    database.execute("RESET search_path")
    return found


def _objects(
    database: Database, schema: str, ignored: str
) -> Iterator[tuple[str, Objects]]:
    """Yield the objects of a schema; names of other schemas are qualified in them."""
    database.execute(f"SET search_path = {quote(schema)}")
    for subject in QUERIES:
        query = query_for(subject, literal(quote(schema)), ignored)
        yield f"{schema}: {subject}", frozenset(database.rows(query))


def array(names: Iterable[str]) -> str:
    """Return an array of names as SQL."""
    return f"ARRAY[{', '.join(map(literal, names))}]::name[]"


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Return a line for each object that only one of the two has."""
    found = [
        f"{sign} {subject}: {_row(row)}"
        for subject in sorted({*before, *after})
        for sign, one, other in (("-", before, after), ("+", after, before))
        for row in sorted(_rows(one, subject) - _rows(other, subject), key=str)
    ]
    more = len(found) - SHOWN
    return found[:SHOWN] + ([f"and {more} more"] if more > 0 else [])


def _rows(of: Snapshot, subject: str) -> Objects:
    return of.get(subject, frozenset())


def _row(row: Row) -> str:
    return ", ".join(str(value) for value in row)
