"""Partitions, foreign keys, NOT NULL, defaults, domains: found, and not found."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint


def sql(*statements):
    return "\n".join(f"op.execute({each!r})" for each in statements)


ATTACH = "ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM (1) TO (9)"
OF_BOUNDS = """op.create_table("c", sa.Column("n", sa.Integer()),
    sa.CheckConstraint("n IS NOT NULL AND n >= 1 AND n < 9"), schema="s")"""
BOUNDS = "n IS NOT NULL AND n >= 1 AND n < 9"


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([sql(ATTACH.format("p", "c"))], True),
        ([sql(ATTACH.format('s."P"', 's."C d"'))], True),
        ([sql("ALTER TABLE p ATTACH PARTITION c DEFAULT")], True),
        ([sql("DO $$ BEGIN " + ATTACH.format("p", "c") + "; END $$")], True),
        ([sql("CREATE TABLE c (n int)", ATTACH.format("p", "public.c"))], False),
        (["op.create_table('c', sa.Column('n', sa.Integer()))\n"
          + sql(ATTACH.format("p", "c"))], False),
        ([sql("CREATE TABLE c (n int)"), sql(ATTACH.format("p", "c"))], True),
        ([sql(f"CREATE TABLE c (n int, CHECK ({BOUNDS}))"),
          sql(ATTACH.format("p", "c"))], False),
        ([OF_BOUNDS, sql(ATTACH.format("p", "s.c"))], False),
        ([sql(f"ALTER TABLE c ADD CONSTRAINT k CHECK ({BOUNDS}) NOT VALID"),
          sql(ATTACH.format("p", "c"))], True),
        ([sql(f"ALTER TABLE c ADD CONSTRAINT k CHECK ({BOUNDS}) NOT VALID"),
          sql("ALTER TABLE c VALIDATE CONSTRAINT k"),
          sql(ATTACH.format("p", "c"))], False),
        ([f"op.create_check_constraint_two_phase('k', 'c', {BOUNDS!r})",
          "op.drop_constraint('k', 'c', type_='check')",
          sql(ATTACH.format("p", "c"))], True),
        (["op.create_check_constraint_two_phase('k', 'c', 'n IS NOT NULL')",
          sql(ATTACH.format("p", "c"))], True),
        ([sql("CREATE TABLE c (n int)",
              "CREATE TABLE p (n int) PARTITION BY RANGE (n)",
              "ALTER TABLE c ADD CHECK (n > 0)", ATTACH.format("p", "c"))], False),
    ],
)  # fmt: skip
def test_attach_partition(found, bodies, expected):
    assert ("attach-partition" in found(*bodies)) is expected


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        (["op.drop_constraint('x', 't', type_='foreignkey', schema='S')"], True),
        (["op.drop_constraint(op.f('t_a_fkey'), 't')"], True),
        (["op.drop_constraint('t_a_fkey', 't', type_='unique')"], False),
        ([sql("ALTER TABLE t DROP CONSTRAINT t_a_fkey")], True),
        ([sql('ALTER TABLE s."T" DROP CONSTRAINT IF EXISTS "fk_T a" CASCADE')], True),
        ([sql("ALTER TABLE t DROP CONSTRAINT something")], False),
        ([sql("CREATE TABLE t (a int CONSTRAINT x REFERENCES u)"),
          sql("ALTER TABLE public.t DROP CONSTRAINT x")], True),
        ([sql("CREATE TABLE t (a int, CONSTRAINT x FOREIGN KEY (a) REFERENCES u)"),
          sql("ALTER TABLE t DROP CONSTRAINT x")], True),
        (["op.create_foreign_key_two_phase('x', 't', 'u', ['a'], ['id'])",
          sql("ALTER TABLE t DROP CONSTRAINT x")], True),
        (["op.create_foreign_key('x', 't', 'u', ['a'], ['id'])",
          sql("ALTER TABLE t RENAME TO v"), sql("ALTER TABLE v DROP CONSTRAINT x")],
         True),
        ([sql("CREATE TABLE t (a int CONSTRAINT x REFERENCES u)",
              "ALTER TABLE t DROP CONSTRAINT x")], False),
        (["op.drop_constraint_safely('x', 't', 'foreignkey')"], False),
    ],
)  # fmt: skip
def test_drop_foreign_key(found, bodies, expected):
    assert ("drop-foreign-key" in found(*bodies)) is expected


def test_what_to_write_for_a_foreign_key_in_sql(project):
    statement = 'ALTER TABLE s."T" DROP CONSTRAINT "fk a"'
    project.revision("r1", sql(statement.replace("fk a", "fk_a")))

    (found,) = lint(project.config()).findings

    assert found.suggestion == (
        "op.drop_constraint_safely('fk_a', 'T', type_='foreignkey', schema='s')"
    )


ALTER = "op.alter_column('t', 'a', {})"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (ALTER.format("server_default=None"), ["drop-default"]),
        (ALTER.format("server_default='1'"), []),
        (ALTER.format("server_default=sa.text('now()')"), []),
        (sql('ALTER TABLE s."T" ALTER "A b" DROP DEFAULT'), ["drop-default"]),
        (sql("ALTER TABLE t ALTER a SET DEFAULT now() + interval '1 day'"), []),
        (sql("ALTER TABLE t ALTER a DROP IDENTITY"), []),
        ("op.alter_column_safely('t', 'a', server_default=None)", []),
        (ALTER.format("nullable=True"), ["drop-not-null"]),
        (ALTER.format("nullable=True, server_default=None"),
         ["drop-default", "drop-not-null"]),
        (sql("ALTER TABLE t ALTER COLUMN a DROP NOT NULL"), ["drop-not-null"]),
        (sql("CREATE TABLE t (a int NOT NULL DEFAULT 1)",
             "ALTER TABLE t ALTER a DROP NOT NULL, ALTER a DROP DEFAULT"), []),
        ("op.add_column('t', sa.Column('a', sa.Integer(), server_default='0'))\n"
         + ALTER.format("server_default=None"), []),
        ("op.add_column('t', sa.Column('a', sa.Integer(), server_default='0',"
         " nullable=False))\n" + ALTER.format("server_default=None"),
         ["drop-default"]),
    ],
)  # fmt: skip
def test_default_and_not_null_that_go(found, body, expected):
    assert found(body) == expected


def test_default_of_a_column_of_an_earlier_revision(found):
    added = "op.add_column('t', sa.Column('a', sa.Integer(), server_default='0'))"

    assert found(added, ALTER.format("server_default=None")) == ["drop-default"]


NOT_VALID = "ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID"
SET_NOT_NULL = "ALTER TABLE t ALTER a SET NOT NULL"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([NOT_VALID], []),
        ([NOT_VALID, SET_NOT_NULL], ["set-not-null"]),
        ([NOT_VALID, "ALTER TABLE t VALIDATE CONSTRAINT n", SET_NOT_NULL], []),
        ([NOT_VALID.replace("CONSTRAINT n ", ""),
          "ALTER TABLE t VALIDATE CONSTRAINT t_a_not_null", SET_NOT_NULL], []),
    ],
)  # fmt: skip
def test_not_null_that_is_not_valid_yet(found, statements, expected):
    """Of PostgreSQL 18."""
    assert found(*map(sql, statements)) == expected


IMPORTED = "from sqlalchemy.dialects.postgresql import DOMAIN\n"
OF_ALEMBIC = "op.add_column('t', sa.Column('b', DOMAIN('d', sa.Integer(){})))"
USE = "ALTER TABLE t ADD COLUMN b {}"


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([sql("CREATE DOMAIN d AS int CHECK (VALUE > 0)"), sql(USE.format("d"))], True),
        ([sql("CREATE DOMAIN s.d AS int NOT NULL", USE.format("s.d DEFAULT 1"))], True),
        ([sql('CREATE DOMAIN "D e" AS int CHECK (VALUE > 0)', USE.format('"D e"'))],
         True),
        ([sql("CREATE DOMAIN d AS int", USE.format("d"))], False),
        ([sql("CREATE DOMAIN s.d AS int CHECK (VALUE > 0)", USE.format("d"))], False),
        ([sql("CREATE DOMAIN d AS int"),
          sql("ALTER DOMAIN d ADD CHECK (VALUE > 0) NOT VALID"),
          sql(USE.format("d"))], True),
        ([sql("CREATE DOMAIN d AS int CHECK (VALUE > 0)",
              "CREATE TABLE t (a d)", USE.format("d"))], False),
        ([IMPORTED + OF_ALEMBIC.format(", check='VALUE > 0'")], True),
        ([IMPORTED + OF_ALEMBIC.format("")], False),
    ],
)  # fmt: skip
def test_column_of_a_domain(found, bodies, expected):
    assert ("add-column-domain" in found(*bodies)) is expected


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([sql("ALTER DOMAIN d ADD CHECK (VALUE > 0)")], True),
        ([sql('ALTER DOMAIN s."D e" SET NOT NULL')], True),
        ([sql("ALTER DOMAIN d VALIDATE CONSTRAINT c")], True),
        ([sql("ALTER DOMAIN d ADD CHECK (VALUE > 0) NOT VALID")], False),
        ([sql("ALTER DOMAIN d DROP NOT NULL", "ALTER DOMAIN d SET DEFAULT 1",
              "ALTER DOMAIN d DROP CONSTRAINT c")], False),
        ([sql("CREATE DOMAIN public.d AS int", "ALTER DOMAIN d SET NOT NULL")], False),
    ],
)  # fmt: skip
def test_domain_that_gets_stricter(found, bodies, expected):
    assert ("alter-domain" in found(*bodies)) is expected


EXPRESSION = "ALTER TABLE t ALTER b SET EXPRESSION AS (a + 1)"
GENERATED = "ALTER TABLE t ADD b int GENERATED ALWAYS AS (a) {}"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([EXPRESSION], ["set-expression"]),
        ([EXPRESSION.replace("t ALTER b", 's."T u" ALTER "B"')], ["set-expression"]),
        ([GENERATED.format("VIRTUAL"), EXPRESSION], []),
        ([GENERATED.format("VIRTUAL NOT NULL")], ["add-column-virtual-not-null"]),
        ([GENERATED.format("STORED NOT NULL")], ["add-column-stored-generated"]),
        (["ALTER TABLE t ALTER b DROP EXPRESSION"], []),
        (["ALTER SEQUENCE s AS bigint"], ["alter-sequence-type"]),
        (["ALTER SEQUENCE s OWNED BY NONE", "ALTER SEQUENCE s RESTART"], []),
    ],
)
def test_generated_columns_and_sequences(found, statements, expected):
    assert found(*map(sql, statements)) == expected


# ------------------------------------------------------------------------- set-timeout

BLOCK = "with op.get_context().autocommit_block():\n    {}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (sql("SET lock_timeout = 0"), 1),
        (sql("SET LOCAL lock_timeout TO '0'"), 1),
        (sql("SET SESSION statement_timeout = '0ms'"), 1),
        (sql("SET idle_in_transaction_session_timeout = 0"), 1),
        (sql("SET transaction_timeout = 0"), 1),
        (sql("SELECT set_config('lock_timeout', '0', true)"), 1),
        (sql("SELECT pg_catalog.set_config('Lock_Timeout', '0', false), 1"), 1),
        (sql("DO $$ BEGIN PERFORM set_config('lock_timeout', '0', true); END $$"), 1),
        (sql("ALTER ROLE app SET lock_timeout = 0"), 1),
        (sql("ALTER DATABASE app SET statement_timeout TO '0'"), 1),
        (sql("SET lock_timeout = '1s'", "SET lock_timeout = '5 min'"), 1),
        (sql("SET lock_timeout = '1s'", "SET lock_timeout = '900ms'"), 0),
        (sql("SET lock_timeout = '1s'", "SET statement_timeout = '1h'"), 0),
        (sql("SET lock_timeout = '2s'"), 0),
        (sql("SET LOCAL lock_timeout = 500"), 0),
        (sql("RESET lock_timeout", "SET lock_timeout TO DEFAULT", "RESET ALL"), 0),
        (sql("SET search_path TO s", "SET work_mem = 0"), 0),
        (sql("SELECT set_config('search_path', '', false)"), 0),
        (sql("SELECT set_config($1, $2, false)"), 0),
        (BLOCK.format(sql("SET statement_timeout = 0")), 0),
        (BLOCK.format(sql("SET lock_timeout = 0")), 1),
    ],
)
def test_timeouts(found, body, expected):
    assert found(body) == ["set-timeout"] * expected
