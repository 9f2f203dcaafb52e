"""Tables to backfill: each shape of storage and key, small but of several pages."""

from __future__ import annotations

from dataclasses import dataclass

ROWS = 400
# Long rows: a page has about seven of them.
PADDING = "repeat('x', 1000)"


@dataclass(frozen=True)
class Shape:
    """A table named users with email, email_lower, hits.

    Attributes:
        setup: makes and fills it.
        options: further arguments of the call.
    """

    setup: tuple[str, ...]
    options: str = ""


COLUMNS = "email text, email_lower text, hits int NOT NULL DEFAULT 0, pad text"
FILLED = f"'User' || n || '@Example.org', NULL, 0, {PADDING}"
SERIES = f"generate_series(1, {ROWS}) n"

SHAPES = {
    "heap": Shape(
        (
            f"CREATE TABLE users (id int PRIMARY KEY, {COLUMNS})",
            f"INSERT INTO users SELECT n, {FILLED} FROM {SERIES}",
        ),
    ),
    "by-key": Shape(
        (
            f"CREATE TABLE users (id int PRIMARY KEY, {COLUMNS})",
            f"INSERT INTO users SELECT n, {FILLED} FROM {SERIES}",
        ),
        ', key="id"',
    ),
    "composite-key": Shape(
        (
            f"CREATE TABLE users (a text, b date, {COLUMNS}, PRIMARY KEY (a, b))",
            (
                f"INSERT INTO users SELECT 'it''s ' || n % 20, date '2020-01-01' + n,"
                f" {FILLED} FROM {SERIES}"
            ),
        ),
        ', key=["a", "b"]',
    ),
    "no-key": Shape(
        (
            f"CREATE TABLE users ({COLUMNS})",
            f"INSERT INTO users SELECT {FILLED} FROM {SERIES}",
        ),
    ),
    "indexed": Shape(
        (
            f"CREATE TABLE users (id int PRIMARY KEY, {COLUMNS})",
            "CREATE INDEX ON users (lower(email_lower))",
            f"INSERT INTO users SELECT n, {FILLED} FROM {SERIES}",
        ),
    ),
    "room-on-pages": Shape(
        (
            f"CREATE TABLE users (id int PRIMARY KEY, {COLUMNS}) WITH (fillfactor=40)",
            f"INSERT INTO users SELECT n, {FILLED} FROM {SERIES}",
        ),
    ),
    "partitioned": Shape(
        (
            (
                f"CREATE TABLE users (id int, {COLUMNS}, PRIMARY KEY (id))"
                " PARTITION BY RANGE (id)"
            ),
            "CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (0) TO (100)",
            (
                "CREATE TABLE users_2 PARTITION OF users FOR VALUES FROM (100) TO (900)"
                " PARTITION BY HASH (id)"
            ),
            (
                "CREATE TABLE users_2a PARTITION OF users_2"
                " FOR VALUES WITH (MODULUS 2, REMAINDER 0)"
            ),
            (
                "CREATE TABLE users_2b PARTITION OF users_2"
                " FOR VALUES WITH (MODULUS 2, REMAINDER 1)"
            ),
            f"INSERT INTO users SELECT n, {FILLED} FROM {SERIES}",
        ),
    ),
    "partitioned-by-key": Shape(
        (
            (
                f"CREATE TABLE users (id int, {COLUMNS}, PRIMARY KEY (id))"
                " PARTITION BY RANGE (id)"
            ),
            "CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (0) TO (100)",
            "CREATE TABLE users_2 PARTITION OF users DEFAULT",
            f"INSERT INTO users SELECT n, {FILLED} FROM {SERIES}",
        ),
        ', key="id"',
    ),
    "inherited": Shape(
        (
            f"CREATE TABLE users (id int PRIMARY KEY, {COLUMNS})",
            "CREATE TABLE admins (LIKE users INCLUDING ALL) INHERITS (users)",
            f"INSERT INTO users SELECT n, {FILLED} FROM {SERIES} WHERE n % 2 = 0",
            f"INSERT INTO admins SELECT n, {FILLED} FROM {SERIES} WHERE n % 2 = 1",
        ),
    ),
    "empty": Shape((f"CREATE TABLE users (id int PRIMARY KEY, {COLUMNS})",)),
}


def call(shape: Shape, more: str = "") -> str:
    """The directive, which counts how often each row was set."""
    return (
        'op.backfill("users", {"email_lower": "lower(email)", "hits": "hits + 1"},'
        f' where="email_lower IS NULL"{shape.options}{more})'
    )


IS_DONE = "email_lower = lower(email) AND hits = 1"
