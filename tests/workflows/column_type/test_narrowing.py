"""A type that holds less: nothing is cut, rounded or guessed without ``using=``."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from alembic_zdt.catalog.value_kinds import kept, kind_of_column, kind_of_sql
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName
from tests.support.workflows import retyping

# The type of the column, a value, the type that it gets.
LOSSY = (
    ("text", "'abcdefgh'", "varchar(5)"),
    ("text", "'abc  '", "char(5)"),
    ("varchar(10)", "'abcdefgh'", "varchar(5)"),
    ("char(10)", "'abcdefgh'", "char(5)"),
    ("varchar(10)[]", "'{ab,cdefgh}'", "varchar(5)[]"),
    ("char(10)[]", "'{ab,cdefgh}'", "char(5)[]"),
    ("long", "'abcdefgh'", "varchar(5)"),
    ("text", "'xy'", '"char"'),
    ("text", f"'{'x' * 70}'", "name"),
    ("text", "'abcdefghijkl'", "long_enough"),
    ("bit(8)", "B'10101010'", "bit(4)"),
    ("bit(4)", "B'1010'", "bit(8)"),
    ("varbit", "B'10101'", "bit varying(4)"),
    ("numeric(10,4)", "1.2345", "numeric(10,2)"),
    ("numeric", "1.5", "integer"),
    ("numeric[]", "'{1.255}'", "numeric(10,2)[]"),
    ("float8", "0.1", "real"),
    ("float8", "2.7", "bigint"),
    ("numeric", "12345678901234567.89", "double precision"),
    ("bigint", "9007199254740993", "double precision"),
    ("timestamp", "'2020-01-01 10:00:00.25'", "timestamp(0)"),
    ("timestamp[]", "'{2020-01-01 10:00:00.25}'", "timestamp(0)[]"),
    ("timestamptz", "'2020-01-01 10:00:00.25+00'", "timestamp(0) with time zone"),
    ("timestamp", "'2020-01-01 10:00'", "date"),
    ("time", "'10:00:00.25'", "time(0)"),
    ("interval", "'3 days 2 hours'", "interval day"),
    ("interval", "'1.25 seconds'", "interval(0)"),
    ("int", "123456", "varchar(3)"),
    ("bool", "true", "varchar(2)"),
    ("inet", "'10.1.2.3/24'", "cidr"),
)
KEPT = (
    ("text", "'abcde'", "varchar(5)"),
    ("char(10)", "'abc'", "char(5)"),
    ("varchar(10)[]", "'{ab,NULL}'", "varchar(5)[]"),
    ("long", "'abcde'", "long_enough"),
    ("numeric", "1.0", "numeric(10,2)"),
    ("float8", "0.25", "real"),
    ("timestamp", "'2020-01-01 10:00'", "timestamp(0)"),
    ("timestamp", "'2020-01-01 00:00'", "date"),
    ("interval", "'3 days'", "interval day"),
)
# Such a type holds all, so no row has to be looked at.
WIDER = (
    ("int", "bigint"),
    ("bigint", "int"),  # too large a number is an error
    ("int", "numeric(12,2)"),
    ("varchar(5)", "varchar(9)"),
    ("varchar(5)[]", "text[]"),
    ("char(5)", "varchar(5)"),
    ("numeric(10,2)", "numeric(12,4)"),
    ("timestamp(0)", "timestamp(3)"),
    ("time", "time(6)"),
    ("date", "timestamp(0)"),
    ("real", "double precision"),
    ("text", "integer"),
    ("json", "jsonb"),
)
FLOWS = {
    "text": ("text", "'abcdefgh'", "sa.String(5)", "abcde"),
    "array": ("char(9)[]", "'{cdefgh}'", "sa.ARRAY(sa.CHAR(5))", "{cdefg}"),
    "number": ("numeric", "1.005", "sa.Numeric(10, 2)", "1.01"),
}
TO_FIVE = "'t', 'v', sa.String(5), existing_type=sa.Text()"
NAMED = ", new_column_name='w'"
TABLE = "CREATE TABLE t (id int PRIMARY KEY, v {})"


@pytest.fixture
def table(db):
    """Make a table with one value of a type."""

    def make(type_, value):
        db.execute(TABLE.format(type_))
        db.execute(f"INSERT INTO t VALUES (1, {value}), (2, NULL)")

    return make


@pytest.fixture
def kinds(db):
    """Return the kinds of the columns of a table with these types."""

    def of(types):
        columns = ", ".join(f"c{n} {type_}" for n, type_ in enumerate(types))
        db.execute(f"CREATE TABLE many ({columns})")
        engine = create_engine(db.url(), isolation_level="AUTOCOMMIT")
        table = QualifiedName("many", db.schema)
        with engine.connect() as connection:
            database = Database(connection)
            found = [
                kind_of_column(database, table, f"c{n}") for n in range(len(types))
            ]
        engine.dispose()
        return found

    return of


def test_each_loss_is_seen_and_nothing_else(db, kinds):
    """By the types that the server knows, and by those that SQL alone tells."""
    db.execute("CREATE DOMAIN long AS varchar(10)")
    db.execute("CREATE DOMAIN long_enough AS long CHECK (value <> 'x')")
    every = [*LOSSY, *KEPT]
    found = kinds([type_ for old, _, new in every for type_ in (old, new)])
    for number, (old, value, new) in enumerate(every):
        asked = [(found[2 * number], found[2 * number + 1])]
        by_name = kind_of_sql(old), kind_of_sql(new)
        asked += [by_name] if all(by_name) else []
        row = f"CAST({value} AS {old})"
        for pair in asked:
            fits = kept(*pair, row, f"CAST({row} AS {new})")
            assert db.value(f"SELECT {fits or True}") is (number >= len(LOSSY)), (
                old,
                new,
            )


def test_nobody_looks_where_all_values_fit(kinds):
    found = kinds([type_ for pair in WIDER for type_ in pair])

    pairs = zip(found[::2], found[1::2], strict=True)
    assert [kept(*pair, "a", "b") for pair in pairs] == [""] * len(WIDER)


@pytest.mark.parametrize(("type_", "value", "new", "cut"), FLOWS.values(), ids=FLOWS)
def test_what_would_be_cut_is_refused_before_anything_is_changed(
    db, project, table, type_, value, new, cut
):
    table(type_, value)
    before, whole = db.catalog(), db.rows("SELECT v::text FROM t ORDER BY id")
    project.revision("r1", retyping("t", "v", new))

    with pytest.raises(UsageError, match=r'not every value of "t.v" fits') as refused:
        project.upgrade()

    assert f"would become '{cut}'" in refused.value.detail
    assert db.rows("SELECT v::text FROM t ORDER BY id") == whole
    assert db.catalog() == before


def phase(name, arguments):
    return f"op.{name}_alter_column_type({arguments})"


@pytest.mark.parametrize("named", ["", NAMED], ids=["hidden", "named"])
@pytest.mark.drivers_by_turns
def test_what_old_code_writes_is_whole(db, project, table, named, driver):
    """The window takes the write, and the contract waits for a shorter value."""
    table("text", "'abc'")
    call = TO_FIVE + named
    project.revision("r1", phase("expand", call) + "\n" + phase("migrate", call))
    project.revision("r2", phase("contract", call))
    project.upgrade("r1")
    db.execute("INSERT INTO t VALUES (3, 'abcdefgh')")
    db.execute("UPDATE t SET v = 'abcdefgh' WHERE id = 1")
    before = db.catalog()

    for _ in range(2):
        with pytest.raises(UsageError, match="not every value") as refused:
            project.upgrade("r2")

    assert db.catalog() == before
    assert db.column("SELECT v FROM t ORDER BY id") == ["abcdefgh", None, "abcdefgh"]
    found = refused.value.hint.partition("the rows of ")[2].partition(", then")[0]
    assert (
        db.execute(f"UPDATE {found.replace(' WHERE', ' SET v = left(v, 5) WHERE')}")
        == 2
    )
    project.upgrade("r2")
    column = "w" if named else "v"
    assert db.column(f"SELECT {column} FROM t ORDER BY id") == ["abcde", None, "abcde"]
    assert "zdt" not in str(db.catalog())


def test_migrate_refuses_what_was_not_there_when_the_window_was_opened(
    db, project, table
):
    """New code must not find a value that was cut."""
    table("text", "'abc'")
    project.revision("r1", phase("expand", TO_FIVE))
    project.revision("r2", phase("migrate", TO_FIVE))
    project.upgrade("r1")
    db.execute("INSERT INTO t VALUES (3, 'abcdefgh')")

    with pytest.raises(UsageError, match="'abcdefgh' would become 'abcde'"):
        project.upgrade("r2")


def test_the_call_of_the_hint_says_what_may_be_lost(db, project, table):
    table("text", "'abcdefgh'")
    project.revision("r1", phase("expand", TO_FIVE))
    with pytest.raises(UsageError) as refused:
        project.upgrade()
    _, _, call = refused.value.hint.partition("in all three phases: ")
    calls = [
        call.strip(".").replace("expand", name)
        for name in ("expand", "migrate", "contract")
    ]
    project.revision("r2", "\n".join(calls))
    db.execute("INSERT INTO alembic_version VALUES ('r1')")

    project.upgrade("r2")

    assert db.column("SELECT v FROM t ORDER BY id") == ["abcde", None]


def test_the_old_column_does_not_stay_with_less_than_the_new_one(db, project, table):
    """The downgrade of a wider type, after new code has written what only it holds."""
    db.execute(TABLE.format("varchar(5)"))
    db.execute("INSERT INTO t VALUES (1, 'abc')")
    call = "'t', 'v', sa.Text(), existing_type=sa.String(5), new_column_name='w'"
    back = "'t', 'w', sa.String(5), existing_type=sa.Text(), new_column_name='v'"
    project.revision("r1", phase("expand", call), phase("contract", back))
    project.revision("r2", phase("migrate", call))
    project.upgrade("r2")
    db.execute("INSERT INTO t (id, w) VALUES (2, 'abcdefgh')")

    with pytest.raises(UsageError, match=r'not every value of "t.w" fits VARCHAR'):
        project.downgrade("base")

    assert db.column("SELECT w FROM t ORDER BY id") == ["abc", "abcdefgh"]
    db.execute("UPDATE t SET w = 'short' WHERE id = 2")
    project.downgrade("base")
    assert db.column("SELECT v FROM t ORDER BY id") == ["abc", "short"]
    assert "zdt" not in str(db.catalog())


def test_a_script_proves_it_too(db, project, table):
    table("text", "'abcdefgh'")
    project.revision(
        "r1", retyping("t", "v", "sa.String(5)", "existing_type=sa.Text()")
    )

    done = project.psql(project.sql(flavor="psql"))

    assert done.rc != 0
    assert "would become 'abcde'" in done.output
    assert db.value("SELECT v FROM t WHERE id = 1") == "abcdefgh"
