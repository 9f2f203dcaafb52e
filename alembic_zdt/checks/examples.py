"""The tables that the examples of the checks are about."""

from __future__ import annotations

USERS = (
    "CREATE TABLE users (id int PRIMARY KEY, email text);"
    " INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 100) n;"
)
WITHOUT_KEY = USERS.replace(" PRIMARY KEY", "")
ORDERS = (
    USERS + " CREATE TABLE orders (id int PRIMARY KEY, buyer int);"
    " INSERT INTO orders SELECT n, n FROM generate_series(1, 100) n;"
)
TEAMS = USERS + " CREATE TABLE teams (id int PRIMARY KEY);"
INDEXED = USERS + " CREATE INDEX ix_users_email ON users (email);"
PARTITIONED = (
    "CREATE TABLE events (n int) PARTITION BY RANGE (n);"
    " CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (100);"
    " INSERT INTO events SELECT generate_series(1, 99);"
)
