"""Scratch databases that ``--clean`` drops, and those that it leaves."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import Engine, event

from alembic_zdt.scratch.databases import Databases
from alembic_zdt.scratch.orphaned_databases import drop_orphans
from alembic_zdt.scratch.owner_marks import MakerLock, mark_in


@pytest.fixture
def databases(creator):
    """Databases of this process, made by a role that may do no more."""
    found = Databases(creator.url, lambda _url: None, "tests")
    yield found
    found.close()


def states(creator):
    """Return the words for each database that the role owns, after the cleaning."""
    owned = creator.left()
    found = drop_orphans(creator.url)
    return {each.database: str(each) for each in found if each.database in owned}


def test_database_in_use_is_left(creator, databases):
    name = databases.create("template0")

    found = states(creator)

    assert found[name].startswith(f"left {name}: in use, made by tests on ")
    assert creator.left() == [name]


@pytest.mark.parametrize(
    ("prefix", "comment"),
    [
        ("zdt_test_", None),
        ("zdt_test_", "alembic-zdt scratch"),
        ("zdt_test_", "ours: alembic-zdt scratch 1: made by me"),
        ("zdt_test_", "alembic-zdt scratch 2: another text"),
        ("orders_", "alembic-zdt scratch 1: made by a on b, process 1, at c, lock 4"),
    ],
)
def test_database_of_another_is_left(creator, admin, prefix, comment):
    name = f"{prefix}{secrets.token_hex(4)}"
    admin.execute(f"CREATE DATABASE {name} OWNER {creator.name}")
    if comment:
        admin.execute(f"COMMENT ON DATABASE {name} IS '{comment}'")

    found = states(creator)

    assert creator.left() == [name]
    if prefix == "zdt_test_":
        made = "a later version of alembic-zdt made it"
        unknown = "it has no mark of alembic-zdt"
        reason = made if "another text" in (comment or "") else unknown
        assert found == {name: f"left {name}: {reason}"}


def test_database_that_cannot_be_dropped_is_a_failure(creator, admin, databases):
    name = databases.create("template0")
    gone = MakerLock(creator.url, "tests").mark
    admin.execute(gone.on(name))
    admin.execute(f"ALTER DATABASE {name} IS_TEMPLATE true")

    found = [each for each in drop_orphans(creator.url) if each.database == name]

    admin.execute(f"ALTER DATABASE {name} IS_TEMPLATE false")
    (state,) = found
    assert state.is_failure
    assert "cannot drop a template database" in str(state)
    assert creator.left() == [name]
    assert states(creator)[name] == f"dropped {name}: {gone.words}"
    assert creator.left() == []


def test_database_that_another_drops_meanwhile_is_left_out(creator, admin, databases):
    """Its maker ends, or another run cleans, between the list and the drop."""
    name = databases.create("template0")
    admin.execute(MakerLock(creator.url, "tests").mark.on(name))

    def drop(_connection, _cursor, statement, *_):
        if statement.startswith(f"DROP DATABASE {name} "):
            admin.execute(f"DROP DATABASE {name}")

    event.listen(Engine, "before_cursor_execute", drop)
    try:
        found = states(creator)
    finally:
        event.remove(Engine, "before_cursor_execute", drop)

    assert found == {}
    assert creator.left() == []


def test_mark_names_its_maker(creator, admin, databases):
    name = databases.create("template0")
    text = "SELECT shobj_description(oid, 'pg_database') FROM pg_database"

    (comment,) = admin.execute(f"{text} WHERE datname = %s", [name]).fetchone()

    mark = mark_in(comment)
    assert mark is not None
    assert comment.startswith(f"alembic-zdt scratch 1: {mark.words}")
    assert mark.maker == "tests"
