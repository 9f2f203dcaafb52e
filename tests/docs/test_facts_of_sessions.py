"""What the handwritten pages tell of the application's sessions happens there."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.support.workflows import renaming, retyping

BOTH = sa.text("SELECT id, total FROM orders"), sa.text("SELECT total FROM orders")
ENOUGH = 8
"""psycopg prepares a statement that is run more often than five times."""


@pytest.fixture
def phases(db, project):
    """A function that runs the next revision of a change of the type."""
    db.execute("CREATE TABLE orders (id int PRIMARY KEY, total int)")
    db.execute("INSERT INTO orders VALUES (1, 10)")
    calls = retyping(
        "orders", "total", "sa.BigInteger()", "existing_type=sa.Integer()"
    ).splitlines()
    for number, call in enumerate(calls, start=1):
        project.revision(f"r{number}", call)
    return project.upgrade


def outcome_of(connection, statement):
    """How it ends in a transaction of its own."""
    try:
        with connection.begin():
            connection.execute(statement)
    except DBAPIError as error:
        return type(error.orig.__cause__ or error.orig).__name__
    return "ok"


def in_turn(connection):
    """The two statements, each twice."""
    return [outcome_of(connection, each) for each in BOTH * 2]


@pytest.mark.parametrize(
    ("isolation", "expected"),
    [
        ("READ COMMITTED", ["FeatureNotSupported", "ok", "ok", "ok"]),
        ("AUTOCOMMIT", ["FeatureNotSupported"] * 4),
    ],
)
def test_a_prepared_statement_of_psycopg_fails_until_the_rollback(
    db, phases, isolation, expected
):
    """With autocommit there is none; a new connection has no prepared statement."""
    phases("r2")
    engine = sa.create_engine(db.url("psycopg"), isolation_level=isolation)
    with engine.connect() as one, engine.connect() as two:
        for connection in (one, two):
            assert [in_turn(connection) for _ in range(ENOUGH)][-1] == ["ok"] * 4

        phases("r3")

        assert in_turn(one) == expected
        assert in_turn(two) == expected
    engine.dispose()
    with engine.connect() as new:
        assert in_turn(new) == ["ok"] * 4
    engine.dispose()


def test_a_prepared_statement_of_asyncpg_fails_once_in_an_engine(db, phases):
    """SQLAlchemy lets all connections of the engine prepare it again."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251

    phases("r2")

    async def run():
        engine = create_async_engine(db.url("asyncpg"))
        async with engine.connect() as one, engine.connect() as two:
            before = [await each.run_sync(in_turn) for each in (one, two)]
            await asyncio.to_thread(phases, "r3")
            after = [await each.run_sync(in_turn) for each in (one, two)]
        await engine.dispose()
        return before, after

    before, after = asyncio.run(run())

    assert before == [["ok"] * 4] * 2
    assert after == [["InvalidCachedStatementError", "ok", "ok", "ok"], ["ok"] * 4]


def test_old_rows_have_no_value_under_the_new_name_before_migrate(db, project):
    """So code that reads it must not start between expand and migrate."""
    db.execute("CREATE TABLE users (id int, email text)")
    db.execute("INSERT INTO users VALUES (1, 'ann@example.com')")
    calls = renaming("users", "email", "mail").splitlines()
    for number, call in enumerate(calls, start=1):
        project.revision(f"r{number}", call)

    project.upgrade("r1")
    assert db.value("SELECT mail FROM users") is None

    project.upgrade("r2")
    assert db.value("SELECT mail FROM users") == "ann@example.com"


@pytest.mark.parametrize(
    ("type_name", "outcome"), [("mood", "ok"), ("feeling", "UndefinedFunctionError")]
)
def test_a_domain_with_the_new_name_does_not_replace_a_renamed_enum(
    db, type_name, outcome
):
    """SQLAlchemy casts to the name of the type with asyncpg."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251

    db.execute("CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN feeling AS mood")
    db.execute("CREATE TABLE users (mood mood)")
    mood = sa.column("mood", sa.Enum("sad", name=type_name))
    statement = sa.select(sa.table("users", mood)).where(mood == "sad")

    async def run():
        engine = create_async_engine(db.url("asyncpg"))
        async with engine.connect() as connection:
            found = await connection.run_sync(lambda one: outcome_of(one, statement))
        await engine.dispose()
        return found

    assert asyncio.run(run()) == outcome
