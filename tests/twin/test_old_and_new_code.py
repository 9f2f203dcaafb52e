"""Code for the old name and code for the new one work in every phase meant for them."""

from __future__ import annotations

import asyncio

import asyncpg
import psycopg
import pytest

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, pad text)"
OLD, NEW = "email", "mail"
NAMES = ("users", OLD, NEW)
BACK = ("users", NEW, OLD)
# What an application does, by whichever name, with a number of its own.
STATEMENTS = (
    "INSERT INTO users (id, {c}) VALUES ({n}, 'a{n}')",
    "UPDATE users SET {c} = 'b{n}' WHERE id = {n}",
    "UPDATE users SET pad = 'x' WHERE id = {n}",
    "UPDATE users SET {c} = upper({c}) WHERE id = {n}",
    (
        "INSERT INTO users (id, {c}) VALUES ({n}, 'c{n}')"
        " ON CONFLICT (id) DO UPDATE SET {c} = EXCLUDED.{c} || users.{c}"
    ),
    "SELECT 1 / count(*) FROM users WHERE {c} = 'c{n}B{n}'",
    "SELECT {c} FROM users WHERE id = {n} FOR UPDATE",
    (
        "MERGE INTO users u USING (SELECT {n} AS id) s ON u.id = s.id"
        " WHEN MATCHED THEN UPDATE SET {c} = 'd{n}'"
    ),
    "COPY users (id, {c}) FROM PROGRAM 'echo 1{n},e{n}' WITH (FORMAT csv)",
    "DELETE FROM users WHERE id = 1{n} AND {c} = 'e{n}'",
    "SELECT 1 / count(*) FROM users WHERE id = {n} AND {c} = 'd{n}'",
)

WITHOUT_MERGE = "UPDATE users SET {c} = 'd{n}' WHERE id = {n}"


def call(phase, names):
    return f"op.{phase}_rename_column{names!r}"


@pytest.fixture
def phases(db, project):
    """Three revisions, the rows of an application, and a counter."""
    db.execute(USERS)
    db.execute("INSERT INTO users SELECT g, 'u' || g FROM generate_series(1, 50) g")
    project.revision("r1", call("expand", NAMES), call("contract", BACK))
    project.revision("r2", call("migrate", NAMES))
    project.revision(
        "r3",
        call("contract", NAMES),
        f"{call('expand', BACK)}\n{call('migrate', BACK)}",
    )
    return project


@pytest.fixture
def works(db):
    """Run the statement list of the code for a name."""
    numbers = iter(range(100, 1000))

    def run(column):
        number = next(numbers)
        for statement in STATEMENTS:
            has_merge = db.server.version >= 15 or not statement.startswith("MERGE")
            known = statement if has_merge else WITHOUT_MERGE
            db.execute(known.format(c=column, n=number))

    return run


def test_both_work_all_the_way_up(db, phases, works):
    works(OLD)
    phases.upgrade("r1")
    works(OLD)
    works(NEW)
    phases.upgrade("r2")
    works(OLD)
    works(NEW)
    assert db.value("SELECT count(*) FROM users WHERE email IS DISTINCT FROM mail") == 0
    phases.upgrade("r3")
    works(NEW)
    with pytest.raises(psycopg.errors.UndefinedColumn):
        works(OLD)


def test_both_work_all_the_way_down(db, phases, works):
    phases.upgrade("r3")
    works(NEW)
    phases.downgrade("r2")
    works(OLD)
    works(NEW)
    assert db.value("SELECT count(*) FROM users WHERE email IS DISTINCT FROM mail") == 0
    phases.downgrade("r1")
    works(OLD)
    works(NEW)
    phases.downgrade("base")
    works(OLD)
    assert db.value("SELECT count(*) FROM users WHERE email IS NULL") == 0


@pytest.mark.parametrize("until", ["r1", "r2"])
def test_the_window_can_be_ended_towards_the_old_name(db, phases, works, until):
    """Nothing is left of it, and what new code wrote is there."""
    before = db.catalog()
    phases.upgrade(until)
    works(NEW)
    written = db.value("SELECT count(*) FROM users WHERE email LIKE 'd%'")

    phases.downgrade("base")

    assert db.catalog() == before
    assert db.value("SELECT count(*) FROM users WHERE email LIKE 'd%'") == written == 1
    works(OLD)


NEW_CODE = (
    "SELECT mail FROM users WHERE id = {}",
    "UPDATE users SET mail = mail || 'x' WHERE id = {}",
    "SELECT id, mail, pad FROM users WHERE mail = {}::text",
)


def test_prepared_statements_of_psycopg_survive_the_swap(db, phases):
    phases.upgrade("r2")
    with psycopg.connect(db.server.dsn(db.database), autocommit=True) as code:
        code.execute(f"SET search_path = {db.schema}")

        def run():
            for statement in NEW_CODE:
                code.execute(statement.format("%s"), ["1"], prepare=True)

        for _ in range(3):
            run()
        phases.upgrade("r3")
        for _ in range(3):
            run()


def test_prepared_statements_of_asyncpg_survive_the_swap(db, phases):
    phases.upgrade("r2")

    async def run():
        settings = {"search_path": db.schema}
        dsn = db.server.dsn(db.database)
        code = await asyncpg.connect(dsn, server_settings=settings)
        try:
            prepared = [await code.prepare(s.format("$1")) for s in NEW_CODE]
            arguments = (1, 1, "u1")
            for _ in range(3):
                await use(prepared, arguments)
            await asyncio.to_thread(phases.upgrade, "r3")
            for _ in range(3):
                await use(prepared, arguments)
            async with code.transaction():
                await use(prepared, arguments)
        finally:
            await code.close()

    async def use(prepared, arguments):
        for statement, argument in zip(prepared, arguments, strict=True):
            await statement.fetch(argument)

    asyncio.run(run())


def test_a_table_that_was_dropped_in_its_window_leaves_nothing_in_the_way(db, project):
    """Its functions are still there when it is made and renamed again."""
    project.revision("r1", call("expand", NAMES), "pass")
    for _ in range(2):
        db.execute(f"DROP TABLE IF EXISTS users; {USERS}")
        project.upgrade()
        project.downgrade()
    db.execute("INSERT INTO users (id, mail) VALUES (1, 'a')")
    assert db.value("SELECT email FROM users") == "a"
