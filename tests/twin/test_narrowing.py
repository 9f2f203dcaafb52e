"""A type that holds less: nothing is cut, rounded or guessed without ``using=``."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import UsageError
from tests.support.workflows import retyping

# Old type, a value, the new type, what a cast would make of it.
LOSSY = {
    "text": ("text", "'abcdefgh'", "sa.String(5)", "abcde"),
    "varchar": ("varchar(10)", "'abcdefgh'", "sa.String(5)", "abcde"),
    "char": ("char(10)", "'abcdefgh'", "sa.CHAR(5)", "abcde"),
    "varchar-array": (
        "varchar(10)[]",
        "'{ab,cdefgh}'",
        "sa.ARRAY(sa.String(5))",
        "{ab,cdefg}",
    ),
    "domain": ("long", "'abcdefgh'", "sa.String(5)", "abcde"),
    "bit": ("bit(8)", "B'10101010'", "postgresql.BIT(4)", "1010"),
    "longer-bit": ("bit(4)", "B'1010'", "postgresql.BIT(8)", "10100000"),
    "varbit": ("varbit", "B'10101'", "postgresql.BIT(4, varying=True)", "1010"),
    "scale": ("numeric(10,4)", "1.2345", "sa.Numeric(10, 2)", "1.23"),
    "whole": ("numeric", "1.5", "sa.Integer()", "2"),
    "scale-array": ("numeric[]", "'{1.255}'", "sa.ARRAY(sa.Numeric(10, 2))", "{1.26}"),
    "float": ("float8", "0.1", "sa.REAL()", "0.1"),
    "float-to-int": ("float8", "2.7", "sa.BigInteger()", "3"),
    "digits": (
        "numeric",
        "12345678901234567.89",
        "sa.Double()",
        "1.2345678901234568e+16",
    ),
    "precision": (
        "timestamp",
        "'2020-01-01 10:00:00.25'",
        "postgresql.TIMESTAMP(precision=0)",
        "2020-01-01 10:00:00",
    ),
    "day": ("timestamp", "'2020-01-01 10:00'", "sa.Date()", "2020-01-01"),
    "time": ("time", "'10:00:00.25'", "postgresql.TIME(precision=0)", "10:00:00"),
    "fields": (
        "interval",
        "'3 days 2 hours'",
        "postgresql.INTERVAL(fields='DAY')",
        "3 days",
    ),
    "number-to-text": ("int", "123456", "sa.String(3)", "123"),
    "boolean-to-text": ("bool", "true", "sa.String(2)", "tr"),
    "network": ("inet", "'10.1.2.3/24'", "postgresql.CIDR()", "10.1.2.0/24"),
}
KEPT = {
    "text": ("text", "'abcde'", "sa.String(5)"),
    "char": ("char(10)", "'abc'", "sa.CHAR(5)"),
    "varchar-array": ("varchar(10)[]", "'{ab,NULL}'", "sa.ARRAY(sa.String(5))"),
    "scale": ("numeric", "1.0", "sa.Numeric(10, 2)"),
    "float": ("float8", "0.25", "sa.REAL()"),
    "precision": (
        "timestamp",
        "'2020-01-01 10:00'",
        "postgresql.TIMESTAMP(precision=0)",
    ),
}
TO_FIVE = "'t', 'v', sa.String(5), existing_type=sa.Text()"
NAMED = ", new_column_name='w'"
TABLE = "CREATE TABLE t (id int PRIMARY KEY, v {})"
IMPORT = "from sqlalchemy.dialects import postgresql"


@pytest.fixture
def table(db):
    """Make a table with one value of a type."""

    def make(type_, value):
        db.execute("CREATE DOMAIN long AS varchar(10)")
        db.execute(TABLE.format(type_))
        db.execute(f"INSERT INTO t VALUES (1, {value}), (2, NULL)")

    return make


@pytest.mark.parametrize(("type_", "value", "new", "cut"), LOSSY.values(), ids=LOSSY)
def test_what_would_be_cut_is_refused_before_anything_is_changed(
    db, project, table, type_, value, new, cut
):
    table(type_, value)
    before, whole = db.catalog(), db.rows("SELECT v::text FROM t ORDER BY id")
    project.revision("r1", f"{IMPORT}\n{retyping('t', 'v', new)}")

    with pytest.raises(UsageError, match=r'not every value of "t.v" fits') as refused:
        project.upgrade()

    assert f"would become {cut!r}" in refused.value.detail.replace("     ", "")
    assert db.rows("SELECT v::text FROM t ORDER BY id") == whole
    assert db.catalog() == before


@pytest.mark.parametrize(("type_", "value", "new"), KEPT.values(), ids=KEPT)
def test_what_fits_is_converted(db, project, table, type_, value, new):
    table(type_, value)
    existing = "existing_type=sa.Text()"
    project.revision("r1", f"{IMPORT}\n{retyping('t', 'v', new, existing)}")

    project.upgrade()

    assert db.value(f"SELECT v = {value} FROM t WHERE id = 1")
    assert "zdt" not in str(db.catalog())


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
    _, _, call = refused.value.hint.partition("what may be lost: ")
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
