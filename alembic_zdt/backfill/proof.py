"""Find the rows that are left, with one statement and thus in one snapshot.

With one statement for each part, a row could move from a later part to an earlier one
and be missed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.catalog import storage
from alembic_zdt.catalog.storage import KeyColumn, Store
from alembic_zdt.connection.database import Database
from alembic_zdt.names import literal, quote
from alembic_zdt.qualified import qualified

Place: TypeAlias = tuple[str, ...]
"""Place of a row: its ctid, then the values of its primary key as text."""

MOST_PLACES = 5000
"""Most rows that are remembered one by one, in all tables together."""

_PAGE = re.compile(r"\((\d+),")


@dataclass(frozen=True)
class Remaining:
    """Rows that are not done.

    Attributes:
        store: the table they are in.
        rows: the number of rows that are left.
        first_page: the first page with one.
        last_page: the first page after them.
        key: the columns of the primary key.
        places: the places of the first of these rows, of all if there are few.
    """

    store: Store
    rows: int
    first_page: int
    last_page: int
    key: tuple[KeyColumn, ...] = ()
    places: tuple[Place, ...] = ()


def remaining(
    database: Database, definition: Definition, stores: Sequence[Store]
) -> list[Remaining]:
    """Return the rows that are not done, by the tables they are in."""
    if not stores:
        return []
    keys = [storage.primary_key(database, store.oid) for store in stores]
    pending = " UNION ALL ".join(
        _pending(definition, store, key, number)
        for number, (store, key) in enumerate(zip(stores, keys, strict=True))
    )
    # Numbered as they come, so that the server keeps no more of them than needed.
    few = qualified(f"n <= {MOST_PLACES}")
    asked = (
        "SELECT store, pg_catalog.count(*), pg_catalog.min(tid)::pg_catalog.text,"
        " pg_catalog.max(tid)::pg_catalog.text,"
        " (pg_catalog.array_to_json(pg_catalog.array_agg(place)"
        f" FILTER (WHERE {few})))::pg_catalog.text"
        " FROM (SELECT store, tid, place, pg_catalog.row_number() OVER () AS n"
        f" FROM ({pending}) AS pending) AS pending GROUP BY store ORDER BY store"
    )
    return [
        Remaining(
            *(stores[number], rows, _page(first), _page(last) + 1, keys[number]),
            tuple(tuple(place) for place in json.loads(places or "[]")),
        )
        for number, rows, first, last, places in database.rows(asked, as_written=True)
    ]


def _pending(
    definition: Definition, store: Store, key: Sequence[KeyColumn], number: int
) -> str:
    alias = definition.alias
    columns = [f"{alias}.ctid::pg_catalog.text"]
    columns += [f"{alias}.{quote(column.name)}::pg_catalog.text" for column in key]
    return (
        f"SELECT {number} AS store, {alias}.ctid AS tid,"
        f" ARRAY[{', '.join(columns)}] AS place"
        f" FROM ONLY {store.name.sql} AS {alias} WHERE {definition.pending}"
    )


def any_left(
    database: Database, definition: Definition, stores: Sequence[Store]
) -> bool:
    """Check whether there is a row that is not done."""
    return any(
        database.holds(
            f"EXISTS (SELECT FROM ONLY {store.name.sql} AS {definition.alias}"
            f" WHERE {definition.pending})",
            as_written=True,
        )
        for store in stores
    )


def any_older(
    database: Database, definition: Definition, stores: Sequence[Store], horizon: int
) -> bool:
    """Check whether a row that is not done is older than a transaction id.

    An update by another session makes a row younger, too.
    """
    limit = f"pg_catalog.age({literal(str(horizon))}::pg_catalog.xid)"
    older = qualified(f"pg_catalog.age({definition.alias}.xmin) > {limit}")
    return any(
        database.holds(
            f"EXISTS (SELECT FROM ONLY {store.name.sql} AS {definition.alias}"
            f" WHERE {definition.pending} AND {older})",
            as_written=True,
        )
        for store in stores
    )


def horizon(database: Database) -> int:
    """Return the oldest transaction id whose rows may still be invisible."""
    snapshot = "pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())"
    return int(database.value(f"SELECT {snapshot}::text::int8")) % 2**32


def _page(ctid: str) -> int:
    found = _PAGE.match(ctid)
    return int(found[1]) if found else 0
