"""Rows that are there are numbered without writing the table anew."""

from __future__ import annotations

import contextlib

import psycopg
import pytest
from sqlalchemy import Engine, event

from alembic_zdt.errors import DuplicateObjectError, UsageError
from tests.support.output import parsed
from tests.support.roles import role, session_of

FILE = "SELECT pg_relation_filenode('users')"
BACK = 'op.contract_drop_column("users", "n")'


@pytest.fixture
def users(db):
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    db.execute("INSERT INTO users SELECT generate_series(1, 500)")
    return db


def call(identity, type_="sa.Integer()", options=""):
    return (
        f'op.expand_add_column("users", sa.Column("n", {type_}, {identity}){options})'
    )


class LostError(Exception):
    """The way to the server is lost."""


@contextlib.contextmanager
def lost_before(words):
    """The run ends when a statement with these words shall be sent."""

    def before(_connection, _cursor, statement, *_):
        if words in statement:
            raise LostError

    event.listen(Engine, "before_cursor_execute", before)
    try:
        with pytest.raises(LostError):
            yield
    finally:
        event.remove(Engine, "before_cursor_execute", before)


IDENTITIES = {
    "default": ("sa.Identity()", "sa.Integer()"),
    "always": ("sa.Identity(always=True)", "sa.BigInteger()"),
    "options": (
        "sa.Identity(start=7, increment=3, minvalue=2, maxvalue=9000, cycle=True)",
        "sa.SmallInteger()",
    ),
    "more numbers than rows can be counted": (
        "sa.Identity(start=1, minvalue=-9000)",
        "sa.BigInteger()",
    ),
    "downwards": (
        "sa.Identity(always=True, start=-5, increment=-1)",
        "sa.Integer()",
    ),
}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(("identity", "type_"), IDENTITIES.values(), ids=IDENTITIES)
def test_same_numbers_and_catalog_as_stock(users, project, driver, identity, type_):
    """Only which row has which is another thing.

    Each driver runs half of them.
    """
    stock = f'op.add_column("users", sa.Column("n", {type_}, {identity}))'
    project.revision("r1", stock, 'op.drop_column("users", "n")')
    project.upgrade()
    numbers = "SELECT n FROM users ORDER BY n"
    wanted = users.catalog(), users.column(numbers)
    project.downgrade()
    file = users.value(FILE)
    project.revision("r1", call(identity, type_), BACK)

    project.upgrade()

    assert (users.catalog(), users.column(numbers)) == wanted
    assert users.value(FILE) == file
    users.execute("INSERT INTO users VALUES (501)")
    assert users.value("SELECT count(DISTINCT n) FROM users") == 501
    project.downgrade()
    assert users.columns("users") == ["id"]


def test_insert_needs_no_right_on_the_sequence(users, project):
    """As with an identity, also while the numbers come from a sequence of ours."""
    project.revision("r1", call("sa.Identity()"))
    with role(users, "app") as app:
        users.execute(f"GRANT SELECT, INSERT ON users TO {app}")
        with session_of(users, app) as session:
            with lost_before("ADD GENERATED"):
                project.upgrade()
            session.execute("INSERT INTO users VALUES (501)")
            project.upgrade()
            session.execute("INSERT INTO users VALUES (502)")

    assert users.value("SELECT count(DISTINCT n) FROM users") == 502
    ours = "SELECT count(*) FROM pg_class WHERE relkind = 'S' AND relnamespace = "
    assert users.value(f"{ours}'{users.schema}'::regnamespace") == 1


def test_half_way_is_found_by_check(users, project):
    """Until the identity is there a sequence of ours gives the numbers."""
    project.models(
        'metadata = sa.MetaData()\nsa.Table("users", metadata, sa.Column("id",'
        " sa.Integer, primary_key=True))"
    )
    project.revision("r1", call("sa.Identity()"))
    with lost_before("ADD GENERATED"):
        project.upgrade()
    users.execute("INSERT INTO users VALUES (501)")
    project.run("stamp", "head")

    done = project.cli("check", "--json", module="alembic_zdt")

    different, drift = parsed("check", done.stdout)["findings"]
    assert (different["check"], done.rc) == ("model-difference", 2)
    assert (drift["check"], drift["severity"]) == ("leftover", "warning")
    assert "zdt_numbers_users_n_" in drift["object"]
    assert "op.contract_drop_column('users', 'n'" in drift["suggestion"]


@pytest.mark.parametrize("at", [1, 2])
def test_column_that_somebody_else_numbers_is_not_taken_for_it(users, project, at):
    default = ("DEFAULT 0", "DEFAULT nextval('others')")[at - 1]
    users.execute("CREATE SEQUENCE others")
    users.execute(f"ALTER TABLE users ADD n int NOT NULL {default}")
    before = users.catalog()
    project.revision("r1", call("sa.Identity()"))

    with pytest.raises(DuplicateObjectError, match='"n" of "users" exists') as it:
        project.upgrade()

    assert "Wanted: integer | identity" in str(it.value)
    assert users.catalog() == before


FEW = {
    "upwards": ("sa.Identity(start=3, increment=2, maxvalue=1000)", 499),
    "downwards": ("sa.Identity(start=-2, increment=-1, minvalue=-500)", 499),
}


@pytest.mark.parametrize(("identity", "numbers"), FEW.values(), ids=FEW)
def test_more_rows_than_numbers(users, project, identity, numbers):
    """Else old code could not insert any more as soon as the last one is taken."""
    before = users.catalog()
    project.revision("r1", call(identity))

    with pytest.raises(UsageError, match=f"has only {numbers} numbers") as caught:
        project.upgrade()

    assert users.catalog() == before
    assert "more than 499 rows" in str(caught.value)
    users.execute("DELETE FROM users WHERE id > 499")
    project.upgrade()
    assert users.value("SELECT count(DISTINCT n) FROM users") == 499


def test_more_rows_than_a_small_integer_has(users, project):
    """Tables of a few pages are not counted; this one is."""
    users.execute("INSERT INTO users SELECT generate_series(501, 32768)")
    project.revision("r1", call("sa.Identity()", "sa.SmallInteger()"))

    with pytest.raises(UsageError, match="has only 32767 numbers"):
        project.upgrade()


def test_another_value_is_refused(users, project):
    before = users.catalog()
    project.revision("r1", call("sa.Identity()", options=', backfill="id"'))

    with pytest.raises(UsageError, match="as an identity with backfill="):
        project.upgrade()

    assert users.catalog() == before


def test_names_that_must_be_quoted(db, project, driver):
    """A name in another schema, too, and one that the server has to cut."""
    table, column = 'Us"ers %s', "n" * 60 + "é"
    db.execute(f'CREATE TABLE "{table.replace(chr(34), chr(34) * 2)}" (id int)')
    sql = f'"{table.replace(chr(34), chr(34) * 2)}"'
    db.execute(f"INSERT INTO {sql} SELECT generate_series(1, 50)")
    column_call = f"sa.Column({column!r}, sa.Integer(), sa.Identity())"
    added = f"op.expand_add_column({table!r}, {column_call}, schema={db.schema!r})"
    project.revision("r1", added)

    project.upgrade()
    db.execute(f"INSERT INTO {sql} VALUES (51)")

    assert db.value(f'SELECT max("{column}") FROM {sql}') == 51


def test_partitioned_table(db, project):
    """Before PostgreSQL 17 the partitions themselves have no identity, as in stock."""
    db.execute("CREATE TABLE users (id int) PARTITION BY RANGE (id)")
    db.execute("CREATE TABLE u1 PARTITION OF users FOR VALUES FROM (0) TO (30)")
    db.execute("CREATE TABLE u2 PARTITION OF users DEFAULT")
    db.execute("INSERT INTO users SELECT generate_series(1, 50)")
    project.revision("r1", call("sa.Identity()"), BACK)

    project.upgrade()
    db.execute("INSERT INTO users VALUES (7), (51)")

    assert db.value("SELECT count(DISTINCT n) FROM users") == 52
    assert db.value("SELECT max(n) FROM users") == 52
    project.downgrade()
    assert db.columns("users") == ["id"]


def test_table_that_the_search_path_finds_elsewhere(db, project):
    """Our sequence has to be in the schema of the table."""
    with pytest.raises(psycopg.errors.UndefinedTable):
        db.execute("SELECT FROM users")
    db.execute(f"CREATE SCHEMA {db.schema}_2")
    try:
        db.execute(f"CREATE TABLE {db.schema}_2.users (id int)")
        db.execute(f"INSERT INTO {db.schema}_2.users VALUES (1)")
        path = f"SET search_path = {db.schema}, {db.schema}_2"
        project.revision("r1", f'op.execute("{path}")\n{call("sa.Identity()")}')
        project.upgrade()
        assert db.value(f"SELECT n FROM {db.schema}_2.users") == 1
    finally:
        db.execute(f"DROP SCHEMA {db.schema}_2 CASCADE")
