"""Traffic as pg_stat_statements has it, with values of the rehearsal's rows."""

from __future__ import annotations

import itertools
import json

import psycopg
import pytest

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName
from alembic_zdt.rehearsal.called_statements import (
    CalledStatement,
    called_statements,
)
from alembic_zdt.rehearsal.parameter_columns import Parameter, parameters_of
from alembic_zdt.rehearsal.sampled_traffic import sampled_senders
from alembic_zdt.scratch.database_sessions import over
from tools.postgres import Cluster

pytest.importorskip("postgast")

ORDERS, USERS = QualifiedName("orders", None), QualifiedName("users", None)
MAILS = QualifiedName("mails", "crm")
SETUP = """
CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE);
CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id int NOT NULL REFERENCES users, state text, at date);
INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 50) n;
INSERT INTO orders (user_id, state, at) SELECT n, 'new', date '2026-01-01' + n
    FROM generate_series(1, 50) n;
"""


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            (
                "SELECT o.id FROM orders o JOIN users u ON u.id = o.user_id"
                " WHERE u.email = $1 AND o.at BETWEEN $2 AND $3 LIMIT $4"
            ),
            {
                1: Parameter("email", (USERS,)),
                2: Parameter("at", (ORDERS,)),
                3: Parameter("at", (ORDERS,)),
                4: Parameter(is_limit=True),
            },
        ),
        (
            "SELECT 1 FROM orders WHERE $1 > id AND lower(state) = ANY ($2) OFFSET $3",
            {
                1: Parameter("id", (ORDERS,)),
                2: Parameter("state", (ORDERS,)),
                3: Parameter(is_limit=True),
            },
        ),
        (
            "SELECT 1 FROM orders WHERE id IN ($1, $2) AND now() > $3",
            {
                1: Parameter("id", (ORDERS,)),
                2: Parameter("id", (ORDERS,)),
                3: Parameter(),
            },
        ),
        (
            'INSERT INTO crm.mails (a, "B c") VALUES ($1, $2), (DEFAULT, lower($3))',
            {
                1: Parameter("a", (MAILS,), is_written=True),
                2: Parameter("B c", (MAILS,), is_written=True),
                3: Parameter("B c", (MAILS,), is_written=True),
            },
        ),
        (
            "UPDATE orders SET state = $1 WHERE id = $2",
            {
                1: Parameter("state", (ORDERS,), is_written=True),
                2: Parameter("id", (ORDERS,)),
            },
        ),
        (
            (
                "WITH gone AS (DELETE FROM orders WHERE id = $1 RETURNING id)"
                " SELECT * FROM gone"
            ),
            {1: Parameter("id", (QualifiedName("gone", None), ORDERS))},
        ),
        ("SELECT state FROM orders WHERE state = '$1'", {}),
    ],
)
def test_parameters_belong_to_columns(sql, expected):
    assert parameters_of(sql) == expected


def senders(db, *statements, tell=lambda _line: None):
    called = [CalledStatement(each, 10 * n) for n, each in enumerate(statements, 1)]
    new = itertools.count(1000)
    return over(
        db.url(), lambda connection: sampled_senders(connection, called, new, tell)
    )


def send(db, found, times=20):
    def work(connection):
        for _ in range(times):
            for each in found:
                each.send(Database(connection))

    over(db.url(), work)


def test_values_are_those_of_the_rows_and_new_ones_stay_unique(db):
    db.execute(SETUP)
    found = senders(
        db,
        "INSERT INTO users (id, email) VALUES ($1, $2)",
        "INSERT INTO orders (user_id, state) VALUES ($1, $2)",
        "UPDATE orders SET state = $1 WHERE user_id = $2",
        "DELETE FROM orders WHERE id = ANY ($1) AND at = $2",
        "SELECT state FROM orders WHERE at < $1 AND state <> '$1; 5% it''s' LIMIT $2",
    )

    send(db, found)

    assert [each.share for each in found] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert db.value("SELECT count(*) FROM users") == 70
    assert db.value("SELECT count(*) FROM users WHERE id >= 1000") == 20
    assert db.value("SELECT count(*) FROM orders WHERE state <> 'new'") == 0
    assert db.value("SELECT count(*) FROM orders") <= 70


def test_statement_that_does_not_work_here_is_left_out_with_its_reason(db):
    db.execute(SETUP)
    told = []

    found = senders(
        db,
        "SELECT 1 FROM missing WHERE id = $1",
        "INSERT INTO users (id) SELECT id FROM users",
        "SELECT email FROM users WHERE id = $1",
        tell=told.append,
    )

    assert [each.name for each in found] == ["SELECT email FROM users WHERE id = $1"]
    assert 'relation "missing" does not exist' in told[0]
    assert "duplicate key value" in told[1]
    assert db.value("SELECT count(*) FROM users") == 50

    with pytest.raises(UsageError, match="no statement of --traffic-of works"):
        senders(db, "SELECT 1 FROM missing")


@pytest.fixture(scope="module")
def watched():
    """A server that counts statements."""
    preloaded = {"shared_preload_libraries": "pg_stat_statements"}
    with Cluster(settings=preloaded, in_memory=True) as cluster:
        yield cluster


def test_most_called_statements_are_read(watched):
    with psycopg.connect(watched.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE read")
    url = watched.dsn("read", driver="psycopg")
    with pytest.raises(UsageError, match="lacks the extension pg_stat_statements"):
        called_statements(url)
    with psycopg.connect(watched.dsn("read"), autocommit=True) as connection:
        connection.execute(
            'CREATE SCHEMA "own"; CREATE EXTENSION pg_stat_statements SCHEMA "own"'
        )
        with pytest.raises(UsageError, match="has no statement of an application"):
            called_statements(url)
        connection.execute("CREATE TABLE orders (id int)")
        for number in range(5):
            connection.execute(f"SELECT id FROM orders WHERE id = {number}")
        connection.execute("INSERT INTO orders VALUES (1)")
        connection.execute("SELECT relname FROM pg_class")

    found = called_statements(url)

    assert found == [
        CalledStatement("SELECT id FROM orders WHERE id = $1", 5),
        CalledStatement("INSERT INTO orders VALUES ($1)", 1),
    ]


def test_rehearsal_sends_them(watched, project):
    project.revision("r1", SETUP_AS_REVISION)
    project.revision("r2", 'op.create_index_concurrently("ix", "goods", ["name"])')
    with psycopg.connect(watched.dsn("postgres"), autocommit=True) as connection:
        connection.execute(
            "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;"
            " CREATE TABLE IF NOT EXISTS goods (id int PRIMARY KEY, name text)"
        )
        for number in range(3):
            connection.execute(f"SELECT name FROM goods WHERE id = {number}")
    output = project.ini.with_name("found.json")
    url = watched.dsn("postgres")

    project.cli(
        *("rehearse", "r1:r2", "--on", url, "--traffic-of", url, "--rate", "20"),
        *("--rows", "goods=50", "--json", str(output)),
        module="alembic_zdt",
        timeout=120,
    ).ok()

    (ran,) = json.loads(output.read_text())["revisions"]
    assert ran["answers"] > 0
    assert ran["errors"] == []


SETUP_AS_REVISION = (
    'op.create_table("goods", sa.Column("id", sa.Integer, primary_key=True),'
    ' sa.Column("name", sa.Text))'
)
