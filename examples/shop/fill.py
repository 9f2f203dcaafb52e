"""Fill the shop with invented customers and orders.

    ZDT_DATABASE_URL=postgresql+psycopg://... ROWS=1000000 python fill.py

The tables must exist (``alembic upgrade 0001``) and be empty.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import psycopg
from sqlalchemy.engine import make_url

DEFAULT_ROWS = 1_000_000
PRODUCTS = 1_000

CHUNK = 50_000

# Rows first to last of each table; the sizes of the others make the keys fit.
STATEMENTS = {
    "users": """
    INSERT INTO users (email, name)
    SELECT 'customer' || n || '@example.org', 'Customer ' || n
    FROM generate_series(%(first)s::bigint, %(last)s) AS n
    """,
    "products": """
    INSERT INTO products (title, price_cents)
    SELECT 'Product ' || n, 100 + n * 7 %% 9900
    FROM generate_series(%(first)s::bigint, %(last)s) AS n
    """,
    "orders": """
    INSERT INTO orders (user_id, status, total_cents, note, placed_at)
    SELECT 1 + abs(hashint8(n)::bigint) %% %(users)s,
           (ARRAY['new', 'paid', 'sent', 'done'])[1 + n %% 4],
           100 + n * 7919 %% 100000,
           'please leave the parcel number ' || n || ' with the neighbours',
           now() - n * interval '1 second'
    FROM generate_series(%(first)s::bigint, %(last)s) AS n
    """,
    "order_items": """
    INSERT INTO order_items (order_id, line, product_id)
    SELECT n * 5, 1, 1 + n %% %(products)s
    FROM generate_series(%(first)s::bigint, %(last)s) AS n
    """,
}


def users_for(orders: int) -> int:
    """Return how many users a shop of this size has."""
    return max(orders // 2, 1)


def sizes_for(orders: int) -> dict[str, int]:
    """Return how many rows each table of a shop of this size has."""
    return {
        "users": users_for(orders),
        "products": PRODUCTS,
        "orders": orders,
        "order_items": orders // 5,
    }


def fill(
    url: str,
    orders: int = DEFAULT_ROWS,
    advance: Callable[[int], None] = lambda _rows: None,
) -> None:
    """Insert the rows, then settle the tables (statistics, hint bits, checkpoint).

    Args:
        url: SQLAlchemy URL of the empty shop.
        orders: how many; the other tables follow from it.
        advance: called with the number of rows after each batch.
    """
    sizes = sizes_for(orders)
    plain = make_url(url).set(drivername="postgresql")
    dsn = plain.render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for table, rows in sizes.items():
            for first in range(1, rows + 1, CHUNK):
                last = min(first + CHUNK - 1, rows)
                numbers = sizes | {"first": first, "last": last}
                connection.execute(STATEMENTS[table], numbers)
                advance(last - first + 1)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def main() -> int:
    """Fill the database of ZDT_DATABASE_URL with ROWS orders."""
    start = time.monotonic()
    orders = int(os.environ.get("ROWS", DEFAULT_ROWS))
    fill(os.environ["ZDT_DATABASE_URL"], orders)
    sys.stdout.write(f"{orders} orders in {time.monotonic() - start:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
