"""Fill the shop with made-up customers and orders.

    ZDT_DATABASE_URL=postgresql+psycopg://... ROWS=1000000 python fill.py

The tables must exist (``alembic upgrade 0001``) and be empty.
"""

from __future__ import annotations

import os
import sys
import time

import psycopg
from sqlalchemy.engine import make_url

DEFAULT_ROWS = 1_000_000
PRODUCTS = 1_000

STATEMENTS = (
    """
    INSERT INTO users (email, name)
    SELECT 'customer' || n || '@example.org', 'Customer ' || n
    FROM generate_series(1::bigint, %(users)s) AS n
    """,
    """
    INSERT INTO products (title, price_cents)
    SELECT 'Product ' || n, 100 + n * 7 %% 9900
    FROM generate_series(1::bigint, %(products)s) AS n
    """,
    """
    INSERT INTO orders (user_id, status, total_cents, note, placed_at)
    SELECT 1 + abs(hashint8(n)::bigint) %% %(users)s,
           (ARRAY['new', 'paid', 'sent', 'done'])[1 + n %% 4],
           100 + n * 7919 %% 100000,
           'please leave the parcel number ' || n || ' with the neighbours',
           now() - n * interval '1 second'
    FROM generate_series(1::bigint, %(orders)s) AS n
    """,
    """
    INSERT INTO order_items (order_id, line, product_id)
    SELECT n * 5, 1, 1 + n %% %(products)s
    FROM generate_series(1::bigint, %(orders)s / 5) AS n
    """,
)


def users_for(orders: int) -> int:
    """Return how many users a shop of this size has."""
    return max(orders // 2, 1)


def fill(url: str, orders: int = DEFAULT_ROWS) -> None:
    """Insert the rows, then settle the tables (statistics, hint bits, checkpoint)."""
    sizes = {"orders": orders, "users": users_for(orders), "products": PRODUCTS}
    plain = make_url(url).set(drivername="postgresql")
    dsn = plain.render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for statement in STATEMENTS:
            connection.execute(statement, sizes)
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
