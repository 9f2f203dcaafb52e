"""Made-up rows: types, keys, foreign keys, and what cannot be filled."""

from __future__ import annotations

import pytest

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.rehearsal.filling import fill
from alembic_zdt.rehearsal.table_shape import shapes
from alembic_zdt.scratch.database_sessions import over

TYPES = (
    *("bool", "int2", "int4", "int8", "numeric", "numeric(3,1)", "numeric(5,5)"),
    *("float4", "float8", "money", "oid", "text", "varchar(3)", "char(4)", '"char"'),
    *("name", "citext", "uuid", "date", "time", "timetz", "timestamp", "timestamptz"),
    *("interval", "json", "jsonb", "bytea", "inet", "cidr", "macaddr", "bit(5)"),
    *("varbit", "tsvector", "point", "int4range", "int8range", "numrange"),
    *(
        "daterange",
        "tsrange",
        "tstzrange",
        "int4[]",
        "text[]",
        "mood",
        "short",
        "shorter",
    ),
)
SETUP = """
CREATE EXTENSION IF NOT EXISTS citext SCHEMA pg_catalog;
CREATE TYPE mood AS ENUM ('sad', 'it''s fine');
CREATE DOMAIN short AS varchar(2) CHECK (VALUE <> 'xx');
CREATE DOMAIN shorter AS short;
"""


def filled(db, **rows):
    """Fill tables of the test's schema."""

    def work(connection):
        database = Database(connection)
        known = shapes(database)
        oids = {each.name.name: oid for oid, each in known.items()}
        fill(database, known, {oids[name]: count for name, count in rows.items()})

    over(db.url(), work)


def counted(db, table):
    return db.value(f"SELECT count(*) FROM {table}")


def test_each_type_gets_values(db):
    for statement in SETUP.strip().split(";\n"):
        db.execute(statement)
    columns = (f"c{n} {kind} NOT NULL" for n, kind in enumerate(TYPES))
    db.execute(f"CREATE TABLE things ({', '.join(columns)})")

    filled(db, things=300)

    assert counted(db, "things") == 300


@pytest.mark.parametrize(
    "columns",
    [
        "id serial PRIMARY KEY, email text UNIQUE",
        "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, low text, UNIQUE (low)",
        "id uuid PRIMARY KEY, at timestamptz UNIQUE, day date, UNIQUE (day)",
        "id int PRIMARY KEY, state text CHECK (state IN ('new', 'it''s done'))",
        "id int PRIMARY KEY, two int GENERATED ALWAYS AS (id * 2) STORED",
        "id int PRIMARY KEY, parent int REFERENCES things",
        "id serial PRIMARY KEY, parent int NOT NULL REFERENCES things",
        "code text PRIMARY KEY, parent varchar NOT NULL REFERENCES things",
        (
            "a text, b date, UNIQUE (b, a), c date NOT NULL, d varchar(20) NOT NULL,"
            " FOREIGN KEY (c, d) REFERENCES things (b, a)"
        ),
        '"Odd ""name" text PRIMARY KEY, "%s" varchar(5) UNIQUE',
        "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at date DEFAULT now()",
        "id serial PRIMARY KEY",
    ],
)
def test_keys_and_rules_hold(db, columns):
    db.execute(f"CREATE TABLE things ({columns})")

    filled(db, things=1000)

    assert counted(db, "things") == 1000


def test_rows_refer_to_rows_that_are_there(db):
    """In a key of two foreign keys each pair comes once."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    db.execute("CREATE TABLE teams (a int, b text, PRIMARY KEY (a, b))")
    db.execute(
        "CREATE TABLE members (user_id int REFERENCES users, a int, b text,"
        " FOREIGN KEY (a, b) REFERENCES teams, PRIMARY KEY (user_id, a, b))"
    )

    filled(db, members=600, users=30, teams=20)

    assert counted(db, "members") == 600
    assert db.value("SELECT count(DISTINCT user_id) FROM members") == 30


def test_key_that_is_a_foreign_key_and_is_referred_to(db):
    db.execute("CREATE TABLE people (id uuid PRIMARY KEY)")
    db.execute(
        "CREATE TABLE staff (person uuid PRIMARY KEY REFERENCES people,"
        " boss uuid NOT NULL REFERENCES staff)"
    )

    filled(db, people=50, staff=50)

    assert counted(db, "staff") == 50


@pytest.mark.parametrize(
    ("columns", "detail"),
    [
        ("id int CHECK (id > 5)", 'violates check constraint "things_id_check"'),
        ("id int, shape polygon NOT NULL", "No value is known for shape, of type poly"),
    ],
)
def test_what_cannot_be_filled_is_said(db, columns, detail):
    db.execute(f"CREATE TABLE things ({columns})")

    with pytest.raises(UsageError) as raised:
        filled(db, things=10)

    assert f"could not make rows for {db.schema}.things" in raised.value.primary
    assert detail in raised.value.detail


def test_partitions_that_take_the_rows_are_filled(db):
    db.execute("CREATE TABLE events (id int, day date) PARTITION BY HASH (id)")
    for n in range(2):
        bound = f"WITH (MODULUS 2, REMAINDER {n})"
        db.execute(f"CREATE TABLE e{n} PARTITION OF events FOR VALUES {bound}")

    filled(db, events=100)

    assert counted(db, "events") == 100
