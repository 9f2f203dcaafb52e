"""What a case is: a directive and its way back, on a small shop."""

from __future__ import annotations

from dataclasses import dataclass, field

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, name text)"
ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, user_id int, total int)"
FILLED = (
    "INSERT INTO users SELECT n, 'u' || n || '@example.com', 'name ' || n"
    " FROM generate_series(1, 20) n"
)
ORDERED = "INSERT INTO orders SELECT n, n, n FROM generate_series(1, 20) n"
SHOP = (USERS, ORDERS, FILLED, ORDERED)
PARTITIONED = (
    (
        "CREATE TABLE events (id int NOT NULL, user_id int, body text)"
        " PARTITION BY RANGE (id)"
    ),
    "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (50)",
    (
        "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (50) TO (200)"
        " PARTITION BY RANGE (id)"
    ),
    "CREATE TABLE events_2a PARTITION OF events_2 FOR VALUES FROM (50) TO (90)",
    "CREATE TABLE events_2b PARTITION OF events_2 FOR VALUES FROM (90) TO (200)",
    "INSERT INTO events SELECT n, n / 5, 'b' FROM generate_series(5, 100, 5) n",
)


@dataclass(frozen=True)
class Case:
    """A directive and its way back, on a small shop.

    Attributes:
        id: for pytest.
        upgrade: the call under test.
        downgrade: what undoes it.
        setup: the tables before.
        holds: an SQL expression that is true after the upgrade.
        traceless: whether the downgrade restores the catalog exactly.
        offline: whether a script can do it, too.
    """

    id: str
    upgrade: str
    downgrade: str
    holds: str
    setup: tuple[str, ...] = SHOP
    traceless: bool = True
    offline: bool = True
    pg: str = ""
    tags: frozenset[str] = field(default_factory=frozenset)
