"""Statements made from tables: what they read, and which rows they leave."""

from __future__ import annotations

import itertools
import re

import pytest

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.rehearsal import auto_traffic
from alembic_zdt.rehearsal.filling import fill
from alembic_zdt.rehearsal.named_columns import OLD, columns_in
from alembic_zdt.rehearsal.partition_keys import placed_shapes
from alembic_zdt.scratch.database_sessions import over


def sent(db, times, **rows):
    """Fill tables, send all statements that often, and return their names."""

    def work(connection):
        database = Database(connection)
        known = placed_shapes(database)
        oids = {each.name.name: oid for oid, each in known.items()}
        wanted = {oids[name]: count for name, count in rows.items()}
        fill(database, known, wanted)
        database.execute("SET enable_seqscan = off")  # of tables that are small
        codes = {OLD: columns_in(connection)}
        new = itertools.count(1 + max(rows.values()))
        made = [*auto_traffic.senders(known, wanted, codes, new)]
        for _ in range(times):
            for sender in made:
                sender.send(database)
        return [each.name.replace(f"{db.schema}.", "") for each in made]

    return over(db.url(), work)


def test_only_rows_that_the_traffic_inserted_are_deleted(db):
    """Rows to which another table may refer stay, too."""
    db.execute("CREATE TABLE users (id serial PRIMARY KEY, name text)")
    db.execute(
        "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users,"
        " first int REFERENCES orders)"
    )
    db.execute("CREATE INDEX ON orders (user_id)")

    names = sent(db, 30, users=50, orders=100)

    assert "delete from orders" in names
    assert "delete from users" not in names
    assert db.value("SELECT count(*) FROM users") == 80
    assert db.value("SELECT count(*) FROM orders") == 120
    assert db.value("SELECT count(*) FROM orders WHERE id <= 100") == 100


def test_rows_are_read_by_index_and_foreign_key(db):
    """Indexes that equality cannot use are left out."""
    db.execute("CREATE TABLE users (id uuid PRIMARY KEY, name text)")
    db.execute(
        "CREATE TABLE orders (id serial PRIMARY KEY, user_id uuid REFERENCES users,"
        ' number int, "a ""b" text, words tsvector, data json)'
    )
    for columns in (
        "(user_id)",
        '(number, "a ""b") INCLUDE (id)',
        "(lower(number::text))",
    ):
        db.execute(f"CREATE INDEX ON orders {columns}")
    db.execute("CREATE INDEX ON orders USING gin (words)")
    db.execute("CREATE INDEX ON orders (id) WHERE data IS NULL")

    names = sent(db, 2, users=5, orders=20)

    assert [name for name in names if name.startswith("read orders by")] == [
        'read orders by number, a "b',
        "read orders by user_id",
    ]
    used = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = %s"
    for index in ("orders_user_id_idx", 'orders_number_a "b_id_idx'):
        db.wait_until(f"({used.replace('%s', repr(index))}) > 0")


def test_updates_keep_rules_of_several_columns_and_unique_expressions(db):
    """A column that no such rule names gets a value that no row has."""
    db.execute(
        "CREATE TABLE things (id int PRIMARY KEY, email text, low int, high int,"
        " CHECK (low <= high))"
    )
    db.execute("CREATE UNIQUE INDEX ON things (lower(email))")

    sent(db, 10, things=50)
    assert db.value("SELECT count(*) FROM things WHERE low <> id") == 0

    db.execute("ALTER TABLE things ADD note text DEFAULT 'none'")
    db.execute("UPDATE things SET note = 'note ' || id")
    db.execute("CREATE TABLE others (LIKE things INCLUDING ALL)")
    db.execute("ALTER TABLE others ALTER note DROP DEFAULT")

    sent(db, 10, others=50)
    assert db.value("SELECT count(*) FROM others WHERE note <> 'note ' || id") > 0


@pytest.mark.parametrize(
    "column",
    [
        "int NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2))",
        "int NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 100)",
        "text DEFAULT 'x' CHECK (length(state) = 1)",
        "int NOT NULL CHECK (state IN (-1, 20))",
        "int CHECK (state <= 20)",
    ],
)
def test_values_that_a_check_allows_are_sent(db, column):
    db.execute(f"CREATE TABLE things (id int PRIMARY KEY, state {column})")

    sent(db, 200, things=5)

    assert db.value("SELECT count(*) FROM things") > 5


PARTITIONED = {
    "RANGE (at)": [
        "FROM ('2024-01-01 UTC') TO ('2024-02-01 UTC')",
        "FROM ('2024-02-01 UTC') TO ('2024-03-01 UTC')",
    ],
    "RANGE (id)": ["FROM (MINVALUE) TO (-5)", "FROM (1000) TO (9000)"],
    "LIST (kind)": ["IN ('a', 'it''s')", "IN ('c')", "IN (NULL)"],
    "RANGE (day, number)": [
        "FROM ('2024-01-01', 5) TO ('2024-01-01', 90)",
        "FROM ('2024-01-02', MINVALUE) TO (MAXVALUE, MAXVALUE)",
    ],
    "RANGE (kind)": ["FROM ('a') TO ('a5')", "FROM ('m') TO (MAXVALUE)"],
}


@pytest.mark.parametrize("key", PARTITIONED)
def test_rows_and_statements_keep_to_the_bounds_of_partitions(db, key):
    """Each partition gets rows, also one below another partition."""
    names = re.findall(r"\w+", key)[1:]
    primary = (
        ""
        if "kind" in key
        else f", PRIMARY KEY ({', '.join({'id': 0} | dict.fromkeys(names))})"
    )
    db.execute(
        "CREATE TABLE events (id int NOT NULL, kind text, number int,"
        " at timestamptz DEFAULT now(), day date DEFAULT now(), note text"
        f"{primary}) PARTITION BY {key}"
    )
    for n, bound in enumerate(PARTITIONED[key]):
        below = " PARTITION BY HASH (id)" if n else ""
        db.execute(f"CREATE TABLE p{n} PARTITION OF events FOR VALUES {bound}{below}")
        if below:
            part = "FOR VALUES WITH (MODULUS 1, REMAINDER 0)"
            db.execute(f"CREATE TABLE p{n}_0 PARTITION OF p{n} {part}")

    names = sent(db, 30, events=200)

    assert db.value("SELECT count(*) FROM events") == 200 + (20 if primary else 0)
    for n in range(len(PARTITIONED[key])):
        assert db.value(f"SELECT count(*) FROM p{n}") > 50
    assert bool(primary) == ("insert into events" in names)


def test_table_without_a_known_partition_is_refused(db):
    db.execute("CREATE TABLE events (id int) PARTITION BY LIST ((id % 3))")
    db.execute("CREATE TABLE p0 PARTITION OF events FOR VALUES IN (0)")

    with pytest.raises(UsageError, match="could not make rows") as raised:
        sent(db, 0, events=10)

    assert "no partition of relation" in raised.value.detail
    assert "--seed" in raised.value.hint
