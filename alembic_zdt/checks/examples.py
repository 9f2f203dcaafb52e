"""Tables for the examples of the checks, and effects that several of them have."""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Claim
from alembic_zdt.locks import LockMode

USERS_LOCKED = Claim({"users": LockMode.ACCESS_EXCLUSIVE})
USERS_READ = Claim({"users": LockMode.ACCESS_EXCLUSIVE}, scans=frozenset({"users"}))
USERS_REWRITTEN = Claim(
    {"users": LockMode.ACCESS_EXCLUSIVE}, rewrites=frozenset({"users"})
)

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
REFERRING = (
    ORDERS + " ALTER TABLE orders ADD CONSTRAINT orders_buyer_fkey"
    " FOREIGN KEY (buyer) REFERENCES users (id);"
)
LEAF = (
    PARTITIONED + " CREATE TABLE events_2 (n int);"
    " INSERT INTO events_2 SELECT generate_series(100, 199);"
)
DEFAULTED = USERS + " ALTER TABLE users ALTER email SET DEFAULT '';"
REQUIRED = USERS + " ALTER TABLE users ALTER email SET NOT NULL;"
DOMAIN = (
    "CREATE DOMAIN age AS int; CREATE TABLE users (id int PRIMARY KEY, age age);"
    " INSERT INTO users SELECT n, n FROM generate_series(18, 100) n;"
)
TRIGGERED = (
    USERS + " CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NEW; END';"
    " CREATE TRIGGER touched BEFORE UPDATE ON users"
    " FOR EACH ROW EXECUTE FUNCTION touch();"
)
MOODS = (
    "CREATE TYPE mood AS ENUM ('sad', 'happy');"
    " CREATE TABLE users (id int PRIMARY KEY, mood mood);"
    " INSERT INTO users SELECT n, 'sad' FROM generate_series(1, 100) n;"
)
TOTALS = (
    USERS + " CREATE MATERIALIZED VIEW totals AS SELECT id, email FROM users;"
    " CREATE UNIQUE INDEX ix_totals ON totals (id);"
)
VIEWED = USERS + " CREATE VIEW addresses AS SELECT email FROM users;"
