"""Changes of a type for which PostgreSQL keeps the file, as measured and as judged."""

from __future__ import annotations

import json
import random
from datetime import date
from itertools import permutations

import psycopg
import pytest

from alembic_zdt.checks.type_changes import keeps_file, key_of
from tools.type_changes import FILE, ROOT, measured, types_of

FREE = [
    ("VARCHAR(10)", "VARCHAR(20)"),
    ("VARCHAR(10)", "VARCHAR"),
    ("VARCHAR(10)", "TEXT"),
    ("TEXT", "VARCHAR"),
    ("NUMERIC(9, 2)", "NUMERIC(12, 2)"),
    ("NUMERIC(9, 2)", "NUMERIC"),
    ("TIMESTAMP(3) WITHOUT TIME ZONE", "TIMESTAMP(6) WITHOUT TIME ZONE"),
    ("TIMESTAMP(3) WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
    ("BIT VARYING(3)", "BIT VARYING(5)"),
    ("CIDR", "INET"),
]
NOT_FREE = [
    ("VARCHAR(20)", "VARCHAR(10)"),
    ("TEXT", "VARCHAR(10)"),
    ("CHAR(10)", "VARCHAR(10)"),
    ("CHAR(10)", "CHAR(20)"),
    ("CHAR", "TEXT"),
    ("VARCHAR(10)", "CHAR(10)"),
    ("VARCHAR", "CITEXT"),
    ("INTEGER", "BIGINT"),
    ("NUMERIC(9, 2)", "NUMERIC(12, 4)"),
    ("NUMERIC", "NUMERIC(9, 2)"),
    ("BIT(3)", "BIT(5)"),
    ("TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
    ("FLOAT", "NUMERIC"),
    ("JSON", "JSONB"),
    ("INET", "CIDR"),
    ("STATE", "VARCHAR(100)"),
    ('VARCHAR(10) COLLATE "C"', "VARCHAR(20)"),
]


@pytest.mark.parametrize(("old", "new"), FREE)
def test_change_that_keeps_file_and_indexes(old, new):
    assert keeps_file(old, new) is True


@pytest.mark.parametrize(("old", "new"), NOT_FREE)
def test_change_that_does_not(old, new):
    assert not keeps_file(old, new)


def test_measurements_have_a_date_and_versions():
    data = json.loads(FILE.read_text())

    assert date.fromisoformat(data["measured"]) >= date(2026, 11, 29)
    assert {version.partition(".")[0] for version in data["servers"]} >= {"14", "18"}
    said = f"PostgreSQL {' and '.join(data['servers'])} on {data['measured']}"
    assert said in (ROOT / "docs" / "lint.md").read_text()
    assert any(data["keeps_file"].values())
    assert not all(data["keeps_file"].values())


def test_a_sample_of_the_pairs_is_as_measured(db):
    """As the file says; a kind that it lists keeps its file on every server."""
    chosen = random.Random(db.schema)  # noqa: S311  # not a secret
    sometimes = set(json.loads(FILE.read_text())["sometimes"])
    with psycopg.connect(db.url().replace("+psycopg", "")) as connection:
        connection.execute("SET TIME ZONE 'Europe/Berlin'")
        types = types_of(connection)
        pairs = [pair for pair in permutations(types, 2) if key_of(*pair)]
        kept = [pair for pair in pairs if keeps_file(*pair) is not None]
        others = [pair for pair in pairs if keeps_file(*pair) is None]
        drawn = [*chosen.sample(kept, 40), *chosen.sample(others, 200)]
        results = {
            (old, new): is_kept
            for old, new in drawn
            for _, is_kept in measured(connection, old, [new])
        }

    for pair, found in results.items():
        said = keeps_file(*pair)
        if said is None:
            assert found is None or key_of(*pair) in sometimes, pair
        else:
            assert found is not None, pair
            assert found or not said, pair


TABLE = (
    'op.create_table("t", sa.Column("a", sa.String(10)), sa.Column("b", sa.Text()){})'
)
LONGER = 'op.alter_column("t", "a", existing_type=sa.String(10), type_=sa.String(20))'
CITEXT = 'op.alter_column("t", "b", type_=postgresql.CITEXT())'
READ_ANEW = {
    "CHECK of the table": [TABLE.format(", sa.CheckConstraint(\"a <> ''\")"), LONGER],
    "CHECK that is added": [
        TABLE.format(""),
        'op.create_check_constraint_two_phase("c", "t", "length(a) > 1")',
        LONGER,
    ],
    "CHECK of another column that names it": [
        TABLE.format(""),
        'op.create_check_constraint_two_phase("c", "t", "b > a")',
        LONGER,
    ],
    "first of two CHECKs without a name": [
        TABLE.format(""),
        (
            'op.create_check_constraint(None, "t", "length(a) > 1")\n'
            'op.create_check_constraint(None, "t", "length(b) > 1")'
        ),
        LONGER,
    ],
    "first of two foreign keys without a name, in SQL": [
        (
            'op.execute("CREATE TABLE t (a varchar(10), b text,'
            ' FOREIGN KEY (a) REFERENCES u (a), FOREIGN KEY (b) REFERENCES u (b))")'
        ),
        LONGER,
    ],
    "index of an expression": [
        TABLE.format(""),
        'op.create_index_concurrently("ix", "t", [sa.text("lower(a)")])',
        LONGER,
    ],
    "partial index": [
        TABLE.format(""),
        'op.create_index_concurrently("ix", "t", ["a"], postgresql_where="b = \'\'")',
        LONGER,
    ],
    "index of another operator class": [
        TABLE.format(""),
        'op.create_index_concurrently("ix", "t", ["b"])',
        CITEXT,
    ],
    "unique constraint of another operator class": [
        TABLE.format(""),
        'op.create_unique_constraint_concurrently("uq", "t", ["b"])',
        CITEXT,
    ],
    "indexes that no revision tells": [
        'op.alter_column("t", "b", existing_type=sa.Text(), type_=postgresql.CITEXT())'
    ],
    "enum": [
        (
            'op.alter_column("t", "a", existing_type=sa.Enum("x", name="e"),'
            " type_=sa.String(9))"
        )
    ],
    "domain": [
        "op.execute(\"CREATE DOMAIN short AS varchar(20) CHECK (VALUE <> '')\")",
        TABLE.format(""),
        'op.execute("ALTER TABLE t ALTER a TYPE short")',
    ],
    "other value": [
        TABLE.format(""),
        'op.execute("ALTER TABLE t ALTER a TYPE varchar(20) USING lower(a)")',
    ],
}
FREE_IN_REVISIONS = {
    "longer": [LONGER],
    "type that an earlier revision tells": [
        TABLE.format(""),
        'op.execute("ALTER TABLE t ALTER a TYPE varchar(20)")',
    ],
    "type that an earlier revision has changed": [
        TABLE.format(""),
        LONGER,
        'op.execute("ALTER TABLE t ALTER a TYPE varchar(30)")',
    ],
    "cast that PostgreSQL makes anyway": [
        TABLE.format(""),
        'op.execute("ALTER TABLE t ALTER a TYPE varchar(20) USING a::varchar(20)")',
    ],
    "CHECK of another column": [
        TABLE.format(", sa.CheckConstraint(\"b <> ''\")"),
        LONGER,
    ],
    "CHECK that is dropped": [
        TABLE.format(", sa.CheckConstraint(\"a <> ''\", name='c')"),
        'op.drop_constraint("c", "t", type_="check")',
        LONGER,
    ],
    "index of the column": [
        TABLE.format(""),
        'op.create_index_concurrently("ix", "t", ["a"])',
        LONGER,
    ],
    "no index": [TABLE.format(""), CITEXT],
    "the same enum": [
        (
            'op.alter_column("t", "a", existing_type=sa.Enum("x", name="e"),'
            ' type_=sa.Enum("x", "y", name="e"))'
        )
    ],
    "the same type by another class": [
        (
            'op.alter_column("t", "a", existing_type=sa.DateTime(timezone=True),'
            " type_=sa.TIMESTAMP(timezone=True))"
        ),
        (
            'op.alter_column("t", "b", existing_type=sa.Uuid(),'
            " type_=postgresql.UUID(as_uuid=True))"
        ),
    ],
}


@pytest.mark.parametrize("case", READ_ANEW)
def test_change_that_reads_the_table(found, case):
    assert "alter-column-type" in found(*READ_ANEW[case])


@pytest.mark.parametrize("case", FREE_IN_REVISIONS)
def test_change_of_the_catalog_alone(found, case):
    assert "alter-column-type" not in found(*FREE_IN_REVISIONS[case])


@pytest.mark.parametrize(
    "default",
    [
        'sa.Sequence("s").next_value()',
        "sa.func.gen_random_uuid()",
        "sa.text(\"nextval('s')\")",
        "sa.cast(sa.func.random(), sa.Text)",
    ],
)
def test_default_that_differs_from_row_to_row(found, default):
    column = f'sa.Column("c", sa.Integer(), server_default={default})'

    assert found(f'op.add_column("t", {column})') == ["add-column-volatile-default"]
