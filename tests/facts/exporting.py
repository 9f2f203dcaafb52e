"""What the tests of facts have in common."""

from __future__ import annotations

from dataclasses import replace

from alembic_zdt.commands.facts_export import export_facts
from alembic_zdt.facts.facts_file import read, text_of

SHOP = """
CREATE TYPE mood AS ENUM ('s3cret-mood');
CREATE TABLE users (id int PRIMARY KEY, email varchar(50), age int, felt mood,
    CONSTRAINT has_age CHECK (age IS NOT NULL), CONSTRAINT big CHECK (id > 777123));
CREATE TABLE orders (id int PRIMARY KEY, user_id int, note text DEFAULT 's3cret');
ALTER TABLE orders ADD CONSTRAINT of_user FOREIGN KEY (user_id) REFERENCES users
    NOT VALID;
CREATE INDEX ix_user ON orders (user_id) INCLUDE (id) WHERE note <> 's3cret-note';
CREATE TABLE events (day int NOT NULL, body int) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (100);
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (100) TO (200);
CREATE VIEW adults AS SELECT id FROM users WHERE email <> 's3cret-view';
INSERT INTO users SELECT n, 's3cret-row', n FROM generate_series(777124, 778123) n;
INSERT INTO orders SELECT n, CASE WHEN n % 4 > 0 THEN n + 777123 END
    FROM generate_series(1, 400) n;
INSERT INTO events SELECT n, n FROM generate_series(0, 199) n;
ANALYZE users, orders, events, events_1, events_2
"""


def shop(db):
    """Make tables of each kind, with statistics."""
    for statement in SHOP.split(";\n"):
        db.execute(statement)


def in_file(facts, path):
    """Write the facts to a file, and read them again."""
    path.write_text(text_of(facts))
    return read(path)


def exported(project, *, anonymous=False):
    """Export the facts, and read the file again."""
    found = export_facts(project.config(), anonymous=anonymous)
    return in_file(found, project.ini.with_name("facts.json"))


def of_one(facts, **changes):
    """Change the facts of the only database."""
    (database,) = facts.databases
    return replace(facts, databases=(replace(database, **changes),))
