"""What is held, committed or left half done when something else comes in a revision."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint

LATE = "ALTER TABLE {t} ADD CONSTRAINT c CHECK (a > 0) NOT VALID"
KEY = "ALTER TABLE {t} ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id) NOT VALID"
VALIDATE = "ALTER TABLE {t} VALIDATE CONSTRAINT {c}"
BLOCK = "with op.get_context().autocommit_block():\n    {}"
INDEX = "op.create_index('ix', 't', ['a'], postgresql_concurrently=True{})"
BUILD = BLOCK.format(INDEX.format(""))
COLUMN = "op.add_column('t', sa.Column('b', sa.Integer()))"


def sql(*statements):
    return "\n".join(f"op.execute({each!r})" for each in statements)


# ------------------------------------------------------- validate-in-same-transaction


@pytest.mark.parametrize("table", ["t", "public.t", 's."Order Items"', '"select"'])
def test_validated_where_it_was_added(found, table):
    body = sql(LATE.format(t=table), VALIDATE.format(t=table, c="c"))

    assert found(body) == ["validate-in-same-transaction"]


@pytest.mark.parametrize(
    "body",
    [
        sql("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID, VALIDATE "
            "CONSTRAINT c"),
        sql(LATE.format(t="public.t"), VALIDATE.format(t="t", c="c")),
        sql("DO $$ BEGIN " + LATE.format(t="t") + ";"
            + VALIDATE.format(t="t", c="c") + "; END $$"),
        sql("ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID",
            VALIDATE.format(t="t", c="n")),
        sql("ALTER TABLE t ADD COLUMN b int", VALIDATE.format(t="t", c="old")),
    ],
)  # fmt: skip
def test_validated_under_a_lock(found, body):
    """However it is written, and whatever has locked the table."""
    assert found(body) == ["validate-in-same-transaction"]


def test_what_to_write_instead_of_both(project):
    project.revision("r1", sql(KEY.format(t="s.t"), VALIDATE.format(t="s.t", c="f")))

    (found,) = lint(project.config()).findings

    assert found.suggestion == (
        "op.create_foreign_key_two_phase('f', 't', 'u', ['a'], ['id'], "
        "source_schema='s')"
    )


@pytest.mark.parametrize(
    "bodies",
    [
        [sql(LATE.format(t="t")), sql(VALIDATE.format(t="t", c="c"))],
        [sql(LATE.format(t="t")), "op.validate_constraint('c', 't')"],
        [sql(LATE.format(t="t"), VALIDATE.format(t="u", c="c"))],
        [sql("CREATE TABLE t (a int)", LATE.format(t="t"), VALIDATE.format(
            t="t", c="c"))],
        [BLOCK.format(sql(VALIDATE.format(t="t", c="c")))],
        ["op.create_check_constraint_two_phase('c', 't', 'a > 0')\n"
         + sql(VALIDATE.format(t="t", c="c"))],
    ],
)  # fmt: skip
def test_validated_without_a_lock(found, bodies):
    assert found(*bodies) == []


# -------------------------------------------------------------- autocommit-block-mixed


@pytest.mark.parametrize(
    "body",
    [
        f"{COLUMN}\n{BUILD}",
        f"{BUILD}\n{COLUMN}",
        f"{sql('CREATE TYPE k AS ENUM ()')}\n{BUILD}",
        f"{sql('CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1')}\n{BUILD}",
        f"{BUILD}\n{COLUMN}\n{BUILD}",
    ],
)  # fmt: skip
def test_block_and_other_changes(found, body):
    """Said once."""
    assert found(body).count("autocommit-block-mixed") == 1


@pytest.mark.parametrize(
    "body",
    [
        BUILD,
        f"{BUILD}\n{BUILD}",
        f"{sql('SET lock_timeout = 1000')}\n{BUILD}",
        f"{sql('SELECT 1')}\n{BUILD}\n{sql('SELECT 1')}",
        f"op.expand_add_column('t', sa.Column('b', sa.Integer()))\n{BUILD}",
        f"{BUILD}\nop.drop_not_null('t', 'a')",
        f"{sql('ALTER TABLE t ADD COLUMN IF NOT EXISTS b int')}\n{BUILD}",
        BLOCK.format("op.execute('ALTER TYPE k ADD VALUE IF NOT EXISTS $$a$$')")
        + f"\n{COLUMN}",
        f"{COLUMN}\n{BLOCK.format(sql('VACUUM t'))}",
        f"{COLUMN}\n{BLOCK.format(sql('REINDEX INDEX CONCURRENTLY ix'))}",
    ],
)  # fmt: skip
def test_block_that_harms_nothing(found, body):
    """It is alone, what is committed may run again, or nothing is."""
    assert "autocommit-block-mixed" not in found(body)


# ------------------------------------------------------------- change-before-directive


DIRECTIVE = "op.drop_not_null('t', 'a')"
SKIPPED = "op.create_index('ix', 't', ['a'], if_not_exists=True)\n"
SKIPPED_B = SKIPPED.replace("'a'", "'b'")
PARTIAL = SKIPPED.replace("if_", "postgresql_where='a > 0', if_")
SAME = sql("CREATE INDEX IF NOT EXISTS ix ON public.t (a ASC)")


@pytest.mark.parametrize(
    "body",
    [
        f"{sql('INSERT INTO t VALUES (1)')}\n{DIRECTIVE}",
        f"{DIRECTIVE}\n{sql('INSERT INTO t VALUES (1)')}\n{DIRECTIVE}\n{DIRECTIVE}",
        f"{sql('UPDATE t SET a = a + 1')}\n{DIRECTIVE}",
        f"{sql('CREATE TABLE u (a int)')}\n{DIRECTIVE}",
        f"op.create_table('u', sa.Column('a', sa.Integer()))\n{DIRECTIVE}",
        ("op.create_table('u', sa.Column('a', sa.Integer(), index=True),"
        f" if_not_exists=True)\n{DIRECTIVE}"),
        f"op.bulk_insert(sa.table('t', sa.column('a')), [{{'a': 1}}])\n{DIRECTIVE}",
        f"{SKIPPED}{SKIPPED_B}{DIRECTIVE}",
        f"{SKIPPED}{sql('CREATE UNIQUE INDEX IF NOT EXISTS ix ON t (a)')}\n{DIRECTIVE}",
        f"{DIRECTIVE}\n{SKIPPED}{PARTIAL}{DIRECTIVE}",
        f"op.drop_table('u')\n{DIRECTIVE}",
        f"{sql('ALTER SEQUENCE s RESTART')}\n{DIRECTIVE}",
        f"{sql('ALTER TABLE t ALTER COLUMN a DROP IDENTITY')}\n{DIRECTIVE}",
        f"{sql('ALTER TABLE u SET SCHEMA s')}\n{DIRECTIVE}",
        f"{sql('ALTER TABLE IF EXISTS u ADD COLUMN b int')}\n{DIRECTIVE}",
        f"op.alter_column('t', 'a', server_default=sa.Identity())\n{DIRECTIVE}",
        f"op.rename_table('u', 'v')\n{DIRECTIVE}",
        ("op.alter_column('t', 'a', type_=sa.Text(), postgresql_using='a * 2')"
        f"\n{DIRECTIVE}"),
    ],
)  # fmt: skip
def test_change_that_a_directive_commits(found, body):
    """Said once: run again after a failure, it is done twice."""
    assert found(body).count("change-before-directive") == 1


@pytest.mark.parametrize(
    "body",
    [
        f"{DIRECTIVE}\n{sql('INSERT INTO t VALUES (1)')}",
        f"{DIRECTIVE}\n{DIRECTIVE}",
        f"{sql('INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING')}\n{DIRECTIVE}",
        f"{sql('DELETE FROM t')}\n{DIRECTIVE}",
        f"{sql('UPDATE t SET a = 1, b = NULL WHERE a > 2')}\n{DIRECTIVE}",
        f"{sql('SET lock_timeout = 1000', 'SELECT 1')}\n{DIRECTIVE}",
        ("op.create_table('u', sa.Column('a', sa.Enum('x', name='k')),"
        f" if_not_exists=True)\n{DIRECTIVE}"),
        f"op.alter_column('t', 'a', server_default='1')\n{DIRECTIVE}",
        ("op.alter_column('t', 'a', server_default=sa.Identity(always=True),"
        f" existing_server_default=sa.Identity())\n{DIRECTIVE}"),
        f"{sql('ALTER TABLE t ALTER COLUMN a DROP IDENTITY IF EXISTS')}\n{DIRECTIVE}",
        f"{sql('ALTER TABLE IF EXISTS u SET (fillfactor = 70)')}\n{DIRECTIVE}",
        f"{sql('ALTER TABLE IF EXISTS u RENAME TO v')}\n{DIRECTIVE}",
        f"{sql('ALTER TABLE IF EXISTS u SET SCHEMA s')}\n{DIRECTIVE}",
        f"op.drop_table('u', if_exists=True)\n{DIRECTIVE}",
        f"{sql('CREATE TEMP TABLE u (a int)')}\n{DIRECTIVE}",
        ("op.create_table('u', sa.Column('a', sa.Integer()), prefixes=['TEMPORARY'])"
        f"\n{DIRECTIVE}"),
        f"with op.safety_assured('once'):\n    {DIRECTIVE}",
        f"{sql('ALTER SEQUENCE s START WITH 5')}\n{DIRECTIVE}",
        (f'op.execute("""ALTER TABLE "t t" ALTER COLUMN "a a" SET DEFAULT 1""")\n'
        f"{DIRECTIVE}"),
        f"{2 * SKIPPED}{SAME}\n{DIRECTIVE}",
        (f"{SKIPPED}op.drop_index('ix', if_exists=True)\n"
        f"{SKIPPED_B}{DIRECTIVE}"),
    ],
)  # fmt: skip
def test_change_that_can_be_run_again(found, body):
    """Or that is stamped with the revision."""
    assert "change-before-directive" not in found(body)


def test_file_of_sql_says_itself_what_is_committed(project):
    text = "BEGIN;\nALTER TABLE t ADD b int;\nCOMMIT;\nVACUUM t;\n"
    path = project.write("x.sql", text + "CREATE INDEX CONCURRENTLY ix ON t (b);")

    done = project.cli("lint", str(path), module="alembic_zdt")

    assert done.rc == 0, done.output


# ------------------------------------------------------------------------ ddl-and-rows


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{COLUMN}\n{sql('UPDATE t SET b = 1')}", True),
        (f"{COLUMN}\n{sql('DELETE FROM other')}", True),
        (sql("ALTER TABLE t ADD b int; UPDATE t SET b = 1"), True),
        (sql("CREATE TRIGGER r BEFORE INSERT ON t EXECUTE FUNCTION f()",
             "MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE"), True),
        ("op.create_table('n', sa.Column('u', sa.Integer(), sa.ForeignKey('u.id')))\n"
         + sql("INSERT INTO n SELECT id FROM u"), True),
        (f"{sql('UPDATE t SET a = 1')}\n{COLUMN}", False),
        (f"{COLUMN}\n{sql('INSERT INTO t VALUES (1)')}", False),
        (sql("CREATE TABLE n (a int)", "INSERT INTO n SELECT id FROM u"), False),
        (sql("COMMENT ON TABLE t IS 'x'", "UPDATE t SET b = 1"), False),
        (sql("ALTER TABLE t SET (fillfactor = 70)", "UPDATE t SET b = 1"), False),
        (f"{COLUMN}\nop.backfill('t', {{'b': '1'}}, where='b IS NULL')", False),
        (f"{COLUMN}\n{BLOCK.format(sql('UPDATE t SET b = 1'))}", False),
    ],
)  # fmt: skip
def test_rows_under_a_lock(found, body, expected):
    assert ("ddl-and-rows" in found(body)) is expected


def test_rows_in_the_next_revision(found):
    assert found(COLUMN, sql("UPDATE t SET b = 1")) == ["change-rows"]


# -------------------------------------------------------------------------- two tables


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE t SET (fillfactor = 70)",
        "ALTER TABLE t ALTER a SET STATISTICS 100",
        "ALTER TABLE t CLUSTER ON ix",
        "COMMENT ON TABLE t IS 'x'",
        "CREATE STATISTICS st ON a, b FROM t",
        "GRANT SELECT ON t TO PUBLIC",
    ],
)
def test_what_only_other_changes_wait_for_is_no_second_table(found, statement):
    assert found(sql("ALTER TABLE u ADD a int", statement)) == []


# ------------------------------------------------------ concurrent-index-if-not-exists


@pytest.mark.parametrize(
    "call",
    [
        INDEX.format(", if_not_exists=True"),
        "op.execute('CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON s.t (a)')",
        'op.execute(\'CREATE INDEX CONCURRENTLY IF NOT EXISTS "I x" ON "T" (a)\')',
    ],
)
def test_index_that_may_be_there_and_invalid(found, call):
    assert found(BLOCK.format(call)) == ["concurrent-index-if-not-exists"]


def test_if_not_exists_is_content_with_an_invalid_index(db):
    """So it is, on every server."""
    db.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)")
    again = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON t (a)"
    assert db.refuses("CREATE UNIQUE INDEX ix ON t (a)", "23505")
    with pytest.raises(Exception, match="could not create unique index"):
        db.execute(again)

    db.execute("DELETE FROM t")
    db.execute(again)

    assert not db.index("ix").is_valid
