"""A length or a precision that only one side has, which Alembic does not compare."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.check import check
from tests.support.round_trip import generate

STATED = {
    "a": ("varchar", "sa.String(20)", "character varying(20)"),
    "b": ("interval", "sa.Interval(second_precision=3)", "interval(3)"),
    "c": ("numeric", "sa.Numeric(12, 2)", "numeric(12,2)"),
    "d": ("varchar[]", "sa.ARRAY(sa.String(9))", "character varying(9)[]"),
    "e": ("time", "postgresql.TIME(precision=0)", "time(0) without time zone"),
    "f": (
        "timestamptz",
        "postgresql.TIMESTAMP(timezone=True, precision=3)",
        "timestamp(3) with time zone",
    ),
    'odd (1) "x"': ("varchar", "sa.String(5)", "character varying(5)"),
}
SAME = {
    "g": ("char", "sa.CHAR"),
    "h": ("numeric(7)", "sa.Numeric(7)"),
    "i": ("bit", "postgresql.BIT"),
    "j": ("varchar(20)", "sa.String(20, collation='C')"),
    "k": ("float8", "sa.Float(53)"),
    "l": ('"kind 2"', "sa.Enum('x', name='kind 2')"),
}
OPEN = {"m": ("varchar(20)", "sa.String"), "n": ("interval(2)", "sa.Interval")}


def models(columns) -> str:
    made = ", ".join(f"sa.Column({n!r}, {model})" for n, (_, model, *_) in columns)
    key = 'sa.Column("id", sa.Integer, primary_key=True)'
    return f'metadata = sa.MetaData()\nsa.Table("t", metadata, {key}, {made})'


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def types(db):
    query = (
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 't'::regclass AND attnum > 1 AND NOT attisdropped"
    )
    return dict(db.rows(query))


def test_length_or_precision_of_one_side(db, project):
    """The model's is written; what it leaves open is said to be not compared."""
    every = [*STATED.items(), *SAME.items(), *OPEN.items()]
    columns = ", ".join(f"{quoted(name)} {there}" for name, (there, *_) in every)
    db.execute(
        "CREATE TYPE \"kind 2\" AS ENUM ('x');"
        f"CREATE TABLE t (id int PRIMARY KEY, {columns});"
        'ALTER TABLE t ALTER j TYPE varchar(20) COLLATE "C"'
    )
    start = types(db)
    project.models(models(every))

    generate(project, "change")
    project.upgrade()

    found = types(db)
    assert {name: found[name] for name in STATED} == {
        name: wanted for name, (_, _, wanted) in STATED.items()
    }
    rest = [*SAME, *OPEN]
    assert [found[name] for name in rest] == [start[name] for name in rest]
    told = check(project.config()).findings
    assert {each.check for each in told} == {"not-compared"}
    said = " ".join(each.message for each in told)
    assert 'type of "t.m": character varying(20) in the database, varchar in' in said
    assert 'type of "t.n": interval(2) in the database, interval in the' in said
    assert not any("op." in text for text in generate(project, "again"))
    project.downgrade()
    assert types(db) == start


def test_type_that_is_not_to_be_compared(db, project):
    """With ``compare_type=False`` Alembic compares no type, and neither do we."""
    db.execute("CREATE TABLE t (id int PRIMARY KEY, a varchar, m varchar(20))")
    project.configure(compare_type=False)
    project.models(models([("a", STATED["a"]), ("m", OPEN["m"])]))

    assert not check(project.config()).findings


@pytest.mark.filterwarnings("ignore:Did not recognize type")
def test_type_that_sqlalchemy_does_not_know(db, project):
    """Alembic compares it with nothing."""
    db.execute("CREATE TABLE t (id int PRIMARY KEY, o tid)")
    project.models(models([("o", ("tid", "sa.String(50)"))]))

    assert not check(project.config()).findings


def test_type_in_an_open_window(db, project):
    """It is the new one, as in what Alembic compares."""
    db.execute("CREATE TABLE t (id int PRIMARY KEY, code varchar)")
    project.revision("r1", "op.expand_alter_column_type('t', 'code', sa.String(50))")
    project.upgrade()
    project.models(models([("code", ("", "sa.String(50)"))]))

    found = check(project.config())

    assert {each.check for each in found.findings} == {"unwritten-contract"}
