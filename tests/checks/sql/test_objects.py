"""Types, schemas, triggers, policies, views; and that no statement is forgotten."""

from __future__ import annotations

import pytest
from postgast import pg_query_pb2

from alembic_zdt.checks.sql.kinds import HARMLESS, PASSING, UNREAD
from alembic_zdt.checks.sql.statements import _READERS, read
from alembic_zdt.commands.lint import lint


def sql(*statements):
    return "\n".join(f"op.execute({each!r})" for each in statements)


# -------------------------------------------------------------------------------- kinds

PARTS = {
    "PLAssignStmt",  # of PL/pgSQL
    "RawStmt",
    "ReplicaIdentityStmt",  # of ALTER TABLE
    "ReturnStmt",  # of functions
    "SetOperationStmt",  # of SELECT
}


def test_every_kind_of_statement_is_known():
    """Read, harmless, or listed with the reason why not; and only one of these."""
    fields = pg_query_pb2.Node.DESCRIPTOR.fields
    kinds = {each.message_type.name for each in fields if each.message_type}
    statements = {kind for kind in kinds if kind.endswith("Stmt")} - PARTS

    known = [*_READERS, *HARMLESS, *PASSING, *UNREAD]

    assert sorted(known) == sorted(statements)


NOTHING_TO_SAY = [
    "ALTER AGGREGATE a(int) OWNER TO x",
    "ALTER COLLATION c REFRESH VERSION",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x",
    "ALTER FUNCTION f() OWNER TO x",
    "ALTER FUNCTION f() SET lock_timeout = 0",
    "ALTER INDEX i SET (fillfactor = 70)",
    "ALTER INDEX i RENAME TO j",
    "ALTER ROLE x LOGIN",
    "ALTER ROLE x SET search_path = s",
    "ALTER SEQUENCE s OWNED BY t.id",
    "ALTER TABLE t ALTER a SET STATISTICS 5",
    "ALTER TABLE t OWNER TO x",
    "ALTER TABLE t RENAME CONSTRAINT a TO b",
    "ALTER TABLE t REPLICA IDENTITY FULL",
    "ALTER TABLE t ENABLE TRIGGER r",
    "ALTER TRIGGER a ON t RENAME TO b",
    "ALTER TYPE c ADD ATTRIBUTE a int",
    "ALTER TYPE e OWNER TO x",
    "ALTER TYPE e ADD VALUE IF NOT EXISTS 'x' BEFORE 'y'",
    "ALTER VIEW v OWNER TO x",
    "ANALYZE t",
    "VACUUM (FULL false, ANALYZE) t",
    "COMMENT ON COLUMN t.a IS 'x'",
    "CREATE AGGREGATE a(int) (SFUNC = f, STYPE = int)",
    "CREATE DOMAIN d AS int CHECK (VALUE > 0)",
    "CREATE FOREIGN TABLE f (a int) SERVER s",
    "CREATE MATERIALIZED VIEW m AS SELECT * FROM t",
    "CREATE OR REPLACE VIEW v AS SELECT * FROM t",
    "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'",
    "CREATE PUBLICATION p FOR TABLE t",
    "CREATE SCHEMA s",
    "CREATE STATISTICS s ON a, b FROM t",
    "CREATE TABLE n AS SELECT * FROM t",
    "CREATE TABLE n AS SELECT * FROM t; CREATE INDEX ON n (a)",
    "CREATE TYPE c AS (a int)",
    "CREATE TYPE r AS RANGE (SUBTYPE = int)",
    "DROP DOMAIN d",
    "DROP EXTENSION IF EXISTS x",
    "DROP FUNCTION f()",
    "DROP SCHEMA s",
    "DROP STATISTICS s",
    "PREPARE p AS SELECT 1; DEALLOCATE p",
    "REASSIGN OWNED BY x TO y",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
    "REVOKE ALL ON t FROM x",
    "SELECT * INTO n FROM t; CREATE INDEX ON n (a)",
    "SELECT setval('s', 1)",
    "SET CONSTRAINTS ALL DEFERRED",
    "SET ROLE x; RESET ROLE",
    "SHOW lock_timeout",
    "ALTER TABLE p DETACH PARTITION c FINALIZE",
]


@pytest.mark.parametrize("statement", NOTHING_TO_SAY)
def test_nothing_to_say(project, statement):
    project.revision("r1", sql(statement))

    done = lint(project.config())

    assert (done.findings, done.unchecked) == ((), ())


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DROP VIEW v", "only the code shows whether it is used"),
        ("DROP MATERIALIZED VIEW v", "only the code shows"),
        ("DROP OWNED BY x", "only a server knows what a role owns"),
        ("CALL p()", "its effect is in the body of the procedure"),
        ("CREATE RULE r AS ON INSERT TO t DO NOTHING", "what the queries of a table"),
        ("DROP RULE r ON t", "cannot check DROP RULE"),
        ("ALTER EXTENSION x UPDATE", "only the extension knows"),
    ],
)
def test_what_nobody_can_tell_is_said(statement, reason):
    _acts, (said,) = read(statement)

    assert reason in said


# ---------------------------------------------------------------- renamed, and switched


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([sql("ALTER SCHEMA a RENAME TO b")], ["rename-schema"]),
        ([sql('ALTER TYPE s."T y" RENAME TO b')], ["rename-type"]),
        ([sql("ALTER DOMAIN d RENAME TO b")], ["rename-type"]),
        ([sql("ALTER TYPE t SET SCHEMA s")], ["rename-type"]),
        ([sql("CREATE TYPE t AS ENUM ()", "ALTER TYPE t RENAME TO b")], []),
        ([sql("ALTER TYPE t RENAME VALUE 'a' TO 'b'")], ["rename-enum-value"]),
        ([sql("CREATE TYPE t AS ENUM ('a')",
              "ALTER TYPE public.t RENAME VALUE 'a' TO 'b'")], []),
        ([sql("ALTER TABLE t SET SCHEMA s")], ["rename-table"]),
        ([sql("CREATE TABLE t ()", "ALTER TABLE t SET SCHEMA s")], []),
        ([sql("REFRESH MATERIALIZED VIEW s.v")], ["refresh-materialized-view"]),
        ([sql("CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA",
              "REFRESH MATERIALIZED VIEW v")], []),
        ([sql('CREATE TRIGGER "T r" AFTER DELETE ON s."T" EXECUTE FUNCTION f()')],
         ["create-trigger"]),
        ([sql("SET LOCAL lock_timeout = '1s'",
              "CREATE TRIGGER r AFTER DELETE ON t EXECUTE FUNCTION f()")], []),
        ([sql("CREATE TABLE t ()",
              "CREATE TRIGGER r AFTER DELETE ON t EXECUTE FUNCTION f()",
              "DROP TRIGGER r ON t", "CREATE POLICY p ON t",
              "ALTER TABLE t ENABLE ROW LEVEL SECURITY")], []),
        ([sql('DROP TRIGGER IF EXISTS "T r" ON s."T" CASCADE')], ["drop-trigger"]),
        ([sql("SET lock_timeout = '1s'; DROP TRIGGER r ON t")], []),
        ([sql("SET lock_timeout = '1s'"), sql("DROP TRIGGER r ON t")],
         ["drop-trigger"]),
        ([sql("ALTER TABLE t DISABLE TRIGGER ALL")], ["disable-trigger"]),
        ([sql("ALTER TABLE t DISABLE TRIGGER USER")], ["disable-trigger"]),
        ([sql("ALTER TABLE t ENABLE REPLICA TRIGGER r")], ["disable-trigger"]),
        ([sql("CREATE POLICY p ON t USING (true)")], ["alter-policy"]),
        ([sql("ALTER POLICY p ON t USING (true)")], ["alter-policy"]),
        ([sql('DROP POLICY IF EXISTS p ON s."T"')], ["alter-policy"]),
        ([sql("ALTER TABLE t FORCE ROW LEVEL SECURITY")], ["alter-policy"]),
        ([sql("DO $$ BEGIN ALTER SCHEMA a RENAME TO b; END $$")], ["rename-schema"]),
    ],
)  # fmt: skip
def test_what_code_knows_by_its_name(found, bodies, expected):
    assert found(*bodies) == expected


# ----------------------------------------------------------------- use-new-enum-value

ADD = "ALTER TYPE k ADD VALUE 'new'"
BLOCK = "with op.get_context().autocommit_block():\n    {}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (sql(ADD, "UPDATE t SET k = 'new'"), True),
        (sql(f"{ADD}; UPDATE t SET k = 'new'"), True),
        (sql(ADD, "INSERT INTO t VALUES ('new')"), True),
        (sql(ADD, "CREATE VIEW v AS SELECT * FROM t WHERE k = 'new'"), True),
        (sql("ALTER TYPE s.k ADD VALUE 'it''s'", "UPDATE t SET k = 'it''s'"), True),
        (sql(ADD) + "\nop.alter_column('t', 'k', server_default='new')", True),
        (sql(ADD) + "\nop.bulk_insert(sa.table('t', sa.column('k')), [{'k': 'new'}])",
         True),
        (sql(ADD) + "\nop.add_column('t', sa.Column('k', sa.Text(),"
         " server_default='new'))", True),
        (sql(ADD, "ALTER TYPE k ADD VALUE 'newer' AFTER 'new'"), False),
        (sql(f"UPDATE t SET k = 'new'; {ADD}"), False),
        (sql(ADD, "UPDATE t SET k = 'old'"), False),
        (sql(ADD, "COMMENT ON TYPE k IS 'new'"), False),
        (sql(ADD, "SELECT 1 FROM pg_enum WHERE enumlabel = 'new'"), False),
        (sql("CREATE TYPE k AS ENUM ()", ADD, "UPDATE t SET k = 'new'"), False),
        (BLOCK.format(sql(ADD)) + "\n" + sql("UPDATE t SET k = 'new'"), False),
        ("op.add_enum_value('k', 'new')\n" + sql("UPDATE t SET k = 'new'"), False),
        (sql(ADD) + "\nop.backfill('t', {'k': \"'new'\"}, where='k IS NULL')", False),
    ],
)  # fmt: skip
def test_value_that_is_not_committed_yet(found, body, expected):
    assert ("use-new-enum-value" in found(body)) is expected


def test_value_that_an_earlier_revision_has_added(found):
    assert found(sql(ADD), sql("UPDATE t SET k = 'new'")) == ["change-rows"]


# -------------------------------------------------------- add-primary-key-using-index

KEY = "ALTER TABLE t ADD PRIMARY KEY USING INDEX ix"
INDEX = "op.create_index_concurrently('ix', 't', ['a', 'b'], unique=True)"
OF_ALEMBIC = """op.create_table("t", sa.Column("a", sa.Integer(), nullable=False),
    sa.Column("b", sa.Integer()), sa.PrimaryKeyConstraint("b"))"""
TABLE = "CREATE TABLE t (a int NOT NULL, b int{})"


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([sql(KEY)], True),
        ([sql(KEY.replace("t ADD", 's."T u" ADD CONSTRAINT "k k"'))], True),
        ([sql(TABLE.format("")), INDEX, sql(KEY)], True),
        ([sql(TABLE.format(" NOT NULL")), INDEX, sql(KEY)], False),
        ([sql(TABLE.format("")), INDEX, "op.add_not_null_two_phase('t', 'b')",
          sql(KEY)], False),
        ([sql(TABLE.format("")), INDEX,
          "op.create_check_constraint_two_phase('c', 't', 'b IS NOT NULL')",
          sql(KEY)], False),
        ([sql(TABLE.format(" NOT NULL")),
          "op.create_index('ix', 't', ['a', 'b'], unique=True)",
          "op.drop_not_null('t', 'a')", sql(KEY)], True),
        ([OF_ALEMBIC, INDEX, sql(KEY)], False),
        ([sql(TABLE.format("")) + "\n" + sql("CREATE UNIQUE INDEX ix ON t (b)", KEY)],
         False),
        ([sql("ALTER TABLE t ADD UNIQUE USING INDEX ix")], False),
    ],
)  # fmt: skip
def test_key_from_an_index(found, bodies, expected):
    assert ("add-primary-key-using-index" in found(*bodies)) is expected


def test_what_to_write_instead_where_the_columns_are_known(project):
    project.revision("r1", INDEX)
    project.revision("r2", sql(KEY))

    (found,) = lint(project.config()).findings

    call = "op.create_primary_key_concurrently('ix', 't', ['a', 'b'])"
    assert found.suggestion == call
