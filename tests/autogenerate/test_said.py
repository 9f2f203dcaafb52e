"""What the compared database refuses, and what is not compared, is said."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.check import check
from alembic_zdt.errors import UsageError
from tests.support.round_trip import generate as generated

ID = 'sa.Column("id", sa.Integer, primary_key=True)'
GENERATED = "GENERATED ALWAYS AS (c * 2)"
TWICE = 'sa.Column("d", sa.Integer, sa.Computed("c * 2", persisted=True))'
HEAD = "metadata = sa.MetaData()\n"


def models(*columns: str, more: str = "") -> str:
    return f'{HEAD}sa.Table("t", metadata, {", ".join((ID, *columns))})\n{more}'


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("before", "column", "said"),
    [
        (
            "CREATE TABLE t (id int, c text); INSERT INTO t VALUES (1, 'abc')",
            'sa.Column("c", sa.Integer)',
            'refuses it now: not every row of "t.c" can become INTEGER',
        ),
        (
            "CREATE TABLE t (id int PRIMARY KEY, c int); CREATE VIEW v AS TABLE t",
            'sa.Column("c", sa.BigInteger)',
            "on view v",
        ),
        (
            f"CREATE TABLE t (id int PRIMARY KEY, c int, d int {GENERATED} STORED)",
            f'sa.Column("c", sa.BigInteger), {TWICE}',
            "refuses it now:",
        ),
        (
            "CREATE TABLE t (id int PRIMARY KEY, c uuid)",
            'sa.Column("c", sa.Integer)',
            'no cast between the two types of "t.c"',
        ),
        (
            "CREATE TABLE t (id int PRIMARY KEY, c time)",
            'sa.Column("c", sa.Time(timezone=True))',
            '"t.c" cannot become TIME WITH TIME ZONE without a time zone',
        ),
    ],
)
def test_change_of_type_that_cannot_be_made(db, generate, before, column, said):
    """The docstring of the expand revision names what is in the way."""
    db.execute(before)

    written = generate(models(column))

    assert said in words(next(iter(written.files.values())))


def test_enum_to_another_enum_and_back(db, project, generate):
    """PostgreSQL has no cast; each label becomes that of its name."""
    db.execute(
        "CREATE TYPE a AS ENUM ('x', 'y'); CREATE TYPE b AS ENUM ('y', 'x');"
        "CREATE TABLE t (id int PRIMARY KEY, c a); INSERT INTO t VALUES (1, 'y')"
    )

    generate(models('sa.Column("c", sa.Enum("y", "x", name="b"))'))

    project.upgrade()
    assert db.row("SELECT c::text, pg_typeof(c)::text FROM t") == ("y", "b")
    project.downgrade()
    assert db.row("SELECT c::text, pg_typeof(c)::text FROM t") == ("y", "a")


def test_check_names_what_it_did_not_compare(db, project):
    """Several columns have the enum, so no directive removes its value."""
    db.execute(
        "CREATE TYPE kind AS ENUM ('a', 'b', 'gone');"
        "CREATE TABLE t (id int PRIMARY KEY, c kind, d kind)"
    )
    project.models(
        models(*(f'sa.Column("{n}", sa.Enum("a", "b", name="kind"))' for n in "cd"))
    )

    found = check(project.config())

    assert [each.check for each in found.findings] == ["not-compared"]
    assert 'enum type "kind"' in found.findings[0].message
    assert "gone" in found.findings[0].message


def test_bounds_that_the_last_number_may_be_outside_of(db, project, generate):
    db.execute(
        "CREATE SEQUENCE s; CREATE TABLE t (id int PRIMARY KEY,"
        " c int GENERATED ALWAYS AS IDENTITY)"
    )

    written = generate(
        models(
            'sa.Column("c", sa.Integer, sa.Identity(always=True, maxvalue=9))',
            more='sa.Sequence("s", minvalue=5, metadata=metadata)',
        )
    )

    said = words(written.text)
    assert said.count("while the last number is outside of them") == 2


def test_check_names_sequences_that_the_models_do_not_have(db, project):
    """Those of a column, and those that a default uses, belong to the tables."""
    db.execute(
        'CREATE SEQUENCE "Odd one"; CREATE SEQUENCE used;'
        "CREATE TABLE t (id serial PRIMARY KEY, c int DEFAULT nextval('used'))"
    )
    project.models(
        models(
            "sa.Column('c', sa.Integer, server_default=sa.text(\"nextval('used')\"))"
        )
    )

    (found,) = check(project.config()).findings

    assert found.check == "not-compared"
    assert f'sequence "Odd one" of schema "{db.schema}"' in found.message


@pytest.mark.parametrize("is_kept", [True, False], ids=["included", "left out"])
def test_include_object_is_asked_for_sequences(db, project, is_kept):
    """For one of the models, one that both sides have, and one of the database."""
    db.execute("CREATE SEQUENCE shared; CREATE SEQUENCE alone")
    project.models(
        f"{HEAD}sa.Sequence('shared', start=5, metadata=metadata)\n"
        "sa.Sequence('fresh', metadata=metadata)\n"
    )
    project.configure(include_object=None)
    project.edit_env(
        "'include_object': None",
        "'include_object': lambda object, name, type_, reflected, compare_to:"
        f" {is_kept} or type_ != 'sequence'",
    )

    found = check(project.config()).findings

    messages = " ".join(each.message for each in found)
    assert [name in messages for name in ("shared", "fresh", "alone")] == [is_kept] * 3


def test_default_of_a_column_that_goes_names_the_right_sequence(
    db, project, new_schema
):
    """SQLAlchemy reflects it as if it were in the schema of the table.

    Alembic itself fails if the column is an integer.
    """
    other = new_schema()
    numbers = "numeric DEFAULT nextval('\"Numbers\"')"
    db.execute(
        f'CREATE SEQUENCE "Numbers"; CREATE SEQUENCE {other}.theirs;'
        f"CREATE TABLE {other}.t (id int PRIMARY KEY, a {numbers},"
        f" b int DEFAULT nextval('{other}.theirs'));"
        f"CREATE TABLE {other}.gone (c {numbers})"
    )
    project.models(
        f"{HEAD}sa.Table('t', metadata, {ID}, schema={other!r})\n"
        "sa.Sequence('Numbers', metadata=metadata)\n"
    )
    project.configure(include_schemas=True)
    project.edit_env(
        "include_schemas': True",
        "include_schemas': True, 'include_name': lambda name, kind, _:"
        f" kind != 'schema' or name in (None, {other!r})",
    )
    before = db.catalog(other)

    for text in generated(project, "change"):
        assert f'"{other}"."Numbers"' not in text
    project.upgrade()
    project.downgrade()

    assert db.catalog(other) == before


def test_check_compares_more_than_alembic(db, project):
    """CHECK constraints, defaults and the values of an enum, with a stock env.py."""
    db.execute(
        "CREATE TYPE kind AS ENUM ('a', 'gone');"
        "CREATE TABLE t (id int PRIMARY KEY, k kind, n int DEFAULT 6,"
        " CONSTRAINT old CHECK (n > 1))"
    )
    project.models(
        models(
            'sa.Column("k", sa.Enum("a", name="kind"))',
            'sa.Column("n", sa.Integer, server_default="7")',
            'sa.CheckConstraint("n > 0", name="new")',
        )
    )
    assert "No new upgrade operations" in project.cli("check").ok().stdout

    found = check(project.config())

    kinds = [
        "remove_enum_value",
        "modify_default",
        "add_constraint",
        "remove_constraint",
    ]
    text = " ".join(each.message for each in found.findings)
    assert all(kind in text for kind in kinds)
    assert len(found.findings) == len(kinds)


def test_alembic_does_not_warn_of_a_generated_column_that_is_written(
    db, project, generate, recwarn
):
    """Alembic warns that it cannot be modified, and the revision modifies it."""
    if db.connection.info.server_version < 170000:
        pytest.skip("PostgreSQL 17 has SET EXPRESSION")
    db.execute(f"CREATE TABLE t (id int PRIMARY KEY, c int, d int {GENERATED} STORED)")
    thrice = TWICE.replace("* 2", "* 3")

    generate(models('sa.Column("c", sa.Integer)', thrice))

    assert not [each for each in recwarn if "Computed default" in str(each.message)]
    project.upgrade()
    db.execute("INSERT INTO t (id, c) VALUES (1, 5)")
    assert db.value("SELECT d FROM t") == 15


def test_hint_of_a_table_in_another_schema(db, project, generate, new_schema):
    """What it would rename is not dropped instead."""
    place = new_schema()
    db.execute("CREATE TABLE t (id int PRIMARY KEY, notes text)")
    column = 'sa.Column("summary", sa.Text, info={"zdt": {"renamed_from": "notes"}})'

    with pytest.raises(UsageError, match='is not used: "t" would be dropped'):
        generate(f'{HEAD}sa.Table("t", metadata, {ID}, {column}, schema={place!r})')

    assert not list(project.scripts())


def test_search_path_that_is_set_after_connecting(db, project, generate, new_schema):
    """A hint holds for the table that the path leads to."""
    place = new_schema()
    db.execute(f'CREATE TABLE {place}."T" (id int PRIMARY KEY, "No" text)')
    project.models(HEAD)
    project.edit_env(
        "        context.configure(",
        f"        connection.exec_driver_sql('SET search_path TO {place}');"
        " connection.commit()\n        context.configure(",
    )
    source = (
        f'{HEAD}sa.Table("T", metadata, {ID}, sa.Column("Number", sa.Text,'
        ' info={"zdt": {"renamed_from": "No"}}))'
    )

    text = generate(source).text

    assert "op.expand_rename_column('T', 'No', 'Number')" in text
    assert "drop_column" not in text


LONG = "20260820_add_backup_verification_runs"


def test_revision_id_that_is_too_long_is_not_written(db, project, generate):
    db.execute("CREATE TABLE t (id int PRIMARY KEY)")

    with pytest.raises(UsageError, match=f'"{LONG}" is too long'):
        generate(models('sa.Column("c", sa.Text)'), rev_id=LONG)

    assert not list(project.scripts())


def test_revision_id_that_is_too_long_is_not_run(db, project):
    """None of the run's revisions begins, unless the table has room for the id."""
    db.execute("CREATE TABLE t (id int PRIMARY KEY, c text)")
    project.revision("r0", "pass")
    project.upgrade()
    project.revision("r1", 'op.create_index_concurrently("ix", "t", ["c"])')
    project.revision(LONG, "pass")

    with pytest.raises(UsageError, match=f'"{LONG}" is too long'):
        project.upgrade()

    assert not db.exists("ix")
    db.execute("ALTER TABLE alembic_version ALTER version_num TYPE varchar(64)")
    project.upgrade()
    assert db.value("SELECT version_num FROM alembic_version") == LONG
