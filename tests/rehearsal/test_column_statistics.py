"""Rows whose statistics are those of exported facts."""

from __future__ import annotations

import pytest

from alembic_zdt.connection.database import Database
from alembic_zdt.rehearsal.column_statistics import rows_like, with_statistics
from alembic_zdt.rehearsal.filling import fill
from alembic_zdt.rehearsal.table_shape import shapes
from alembic_zdt.scratch.database_sessions import over
from tests.facts.exporting import exported

SOURCE = """
CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, kind text NOT NULL,
    felt text, note varchar(20), gone timestamptz, low boolean);
CREATE TABLE orders (id bigserial PRIMARY KEY, user_id int REFERENCES users,
    total numeric(10, 2), text_of text);
INSERT INTO users SELECT n, 'a' || n, 'k' || n % 7, NULL, repeat('x', 12),
    CASE WHEN n % 4 = 0 THEN now() END, n % 2 = 0 FROM generate_series(1, 1000) n;
INSERT INTO orders (user_id, total, text_of)
    SELECT CASE WHEN n % 10 > 0 THEN 1 + n % 50 END, n % 90, repeat('y', 300 + n % 20)
    FROM generate_series(1, 3000) n;
ANALYZE
"""
STATISTICS = """
SELECT attname, null_frac, n_distinct, avg_width FROM pg_stats
WHERE tablename = %s AND schemaname = current_schema ORDER BY attname
"""


def statistics(db, table):
    return {name: rest for name, *rest in db.rows(STATISTICS, [table])}


@pytest.fixture
def made(db, project):
    """Rows like those of another database, and the statistics of that."""
    for statement in SOURCE.strip().split(";\n"):
        db.execute(statement)
    (facts,) = exported(project).databases
    before = {each: statistics(db, each) for each in ("users", "orders")}
    db.execute("TRUNCATE users, orders")

    def work(connection):
        database = Database(connection)
        known = shapes(database)
        rows = rows_like(known, facts, most=2000)
        return fill(database, with_statistics(known, facts, rows), rows)

    assert over(db.url(), work) == {}
    return before


def test_rows_have_the_statistics_of_the_facts(db, made):
    assert db.value("SELECT count(*) FROM users") == 1000
    assert db.value("SELECT count(*) FROM orders") == 2000
    for table, before in made.items():
        after = statistics(db, table)
        for column, (nulls, _, width) in before.items():
            assert after[column][0] == pytest.approx(nulls, abs=0.02), column
            if column in {"note", "text_of"}:
                assert after[column][2] == pytest.approx(width, abs=1), column


@pytest.mark.parametrize(
    ("column", "distinct"),
    [("users.kind", 7), ("users.low", 2), ("orders.user_id", 45), ("orders.total", 90)],
)
def test_values_are_repeated_as_in_the_facts(db, made, column, distinct):
    table, name = column.split(".")

    assert db.value(f"SELECT count(DISTINCT {name}) FROM {table}") == distinct
