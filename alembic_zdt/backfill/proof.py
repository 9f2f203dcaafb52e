"""Whether any row is left, read in one statement and so in one snapshot.

Looked at part after part, a row could move from a part that comes later to one that
was looked at before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.catalog.database import Database
from alembic_zdt.catalog.storage import Store

_PAGE = re.compile(r"\((\d+),")


@dataclass(frozen=True)
class Remaining:
    """Rows that are not done.

    Attributes:
        store: the table they are in.
        rows: how many.
        first_page: the first page with one.
        last_page: the first page behind them.
    """

    store: Store
    rows: int
    first_page: int
    last_page: int


def remaining(
    database: Database, definition: Definition, stores: Sequence[Store]
) -> list[Remaining]:
    """The rows that are not done, by the tables they are in."""
    if not stores:
        return []
    asked = " UNION ALL ".join(
        f"SELECT {number}, pg_catalog.count(*), pg_catalog.min({definition.alias}.ctid)"
        f"::pg_catalog.text, pg_catalog.max({definition.alias}.ctid)::pg_catalog.text"
        f" FROM ONLY {store.name.sql} AS {definition.alias} WHERE {definition.pending}"
        for number, store in enumerate(stores)
    )
    return [
        Remaining(stores[number], rows, _page(first), _page(last) + 1)
        for number, rows, first, last in database.rows(asked, as_written=True)
        if rows
    ]


def any_left(
    database: Database, definition: Definition, stores: Sequence[Store]
) -> bool:
    """Whether there is a row that is not done."""
    return any(
        database.holds(
            f"EXISTS (SELECT FROM ONLY {store.name.sql} AS {definition.alias}"
            f" WHERE {definition.pending})",
            as_written=True,
        )
        for store in stores
    )


def _page(ctid: str) -> int:
    found = _PAGE.match(ctid)
    return int(found[1]) if found else 0
