"""SQL in revisions is read with PostgreSQL's own grammar."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alembic_zdt.checks.registry import all_checks
from alembic_zdt.checks.sql import parsing
from alembic_zdt.commands.lint import lint, lint_files
from tests.support.output import parsed

UNSAFE = {
    "CREATE INDEX ix ON users (email)": "create-index",
    "CREATE UNIQUE INDEX ON public.users (lower(email)) WHERE id > 1": "create-index",
    "DROP INDEX ix": "drop-index",
    "DROP INDEX IF EXISTS s.ix, s.iy": "drop-index",
    "CREATE INDEX CONCURRENTLY ix ON users (email)": "concurrently-in-transaction",
    "ALTER TABLE users ADD COLUMN a int NOT NULL": "add-column-not-null",
    "ALTER TABLE users ADD a uuid DEFAULT gen_random_uuid()": (
        "add-column-volatile-default"
    ),
    "ALTER TABLE users ADD a bigserial": "add-column-identity",
    "ALTER TABLE users ADD a int GENERATED ALWAYS AS IDENTITY": "add-column-identity",
    "ALTER TABLE users ADD a int GENERATED ALWAYS AS (1) STORED": (
        "add-column-stored-generated"
    ),
    "ALTER TABLE users ADD a int UNIQUE": "add-column-unique",
    "ALTER TABLE users ADD a int CHECK (a > 0)": "add-column-check",
    "ALTER TABLE users ALTER email SET NOT NULL": "set-not-null",
    "ALTER TABLE users ALTER email TYPE bigint": "alter-column-type",
    "ALTER TABLE users ALTER email TYPE text USING upper(email)": "alter-column-type",
    "ALTER TABLE users RENAME email TO address": "rename-column",
    'ALTER TABLE users RENAME COLUMN "from" TO "to"': "rename-column",
    "ALTER TABLE users RENAME TO people": "rename-table",
    "ALTER TABLE users DROP COLUMN IF EXISTS email CASCADE": "drop-column",
    "DROP TABLE users": "drop-table",
    "ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES b": "add-foreign-key",
    "ALTER TABLE users ADD CONSTRAINT c CHECK (a > 0)": "add-check",
    "ALTER TABLE users ADD CONSTRAINT c UNIQUE (a)": "add-unique",
    "ALTER TABLE users ADD PRIMARY KEY (a)": "add-primary-key",
    "ALTER TABLE users ADD EXCLUDE USING gist (a WITH =)": "add-exclusion",
    "ALTER TABLE users ADD CONSTRAINT n NOT NULL a": "set-not-null",
    "VACUUM FULL users": "rewrite-table",
    "CLUSTER users": "rewrite-table",
    "ALTER TABLE users SET TABLESPACE fast": "rewrite-table",
    "ALTER INDEX ix SET TABLESPACE fast": "rewrite-table",
    "REINDEX TABLE users": "reindex",
    "REINDEX (CONCURRENTLY off) TABLE users": "reindex",
    "TRUNCATE users CASCADE": "truncate-table",
    "LOCK users": "lock-table",
    "UPDATE users SET a = 1": "change-rows",
    "DELETE FROM users WHERE a = 1": "change-rows",
    "INSERT INTO users SELECT * FROM people": "change-rows",
    "INSERT INTO users SELECT 1 UNION SELECT id FROM people": "change-rows",
    "WITH d AS (DELETE FROM users RETURNING id) SELECT * FROM d": "change-rows",
    "WITH d AS (UPDATE users SET a = 1 RETURNING id) INSERT INTO o VALUES (1)": (
        "change-rows"
    ),
    "COMMIT": "control-transaction",
    "BEGIN": "control-transaction",
    "CREATE TABLE p PARTITION OF users DEFAULT": "create-partition",
    "ALTER TABLE users DETACH PARTITION p": "detach-partition",
    "DO $$ BEGIN IF true THEN ALTER TABLE users DROP COLUMN a; END IF; END $$": (
        "drop-column"
    ),
    "DO $$ BEGIN EXECUTE 'ALTER TABLE u ADD CHECK (a > '''')'; END $$": "add-check",
    "DO $$ BEGIN FOR i IN 1..3 LOOP UPDATE users SET a = i; END LOOP; END $$": (
        "change-rows"
    ),
}
SAFE = [
    "SELECT 1",
    "SET LOCAL lock_timeout = '1s'",
    "COMMENT ON TABLE users IS 'x'",
    "CREATE TABLE other (id int PRIMARY KEY, a int)",
    "CREATE TABLE other (id int); CREATE INDEX ix ON other (id); DROP TABLE other",
    "INSERT INTO users (a) VALUES (1), (2)",
    "INSERT INTO users (a) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM users)",
    "ALTER TABLE users ALTER CONSTRAINT c DEFERRABLE",
    "COPY users TO STDOUT",
    "ALTER TABLE users ADD COLUMN a text",
    "ALTER TABLE users ADD COLUMN a int NOT NULL DEFAULT 0",
    "ALTER TABLE users ADD COLUMN a timestamptz DEFAULT now()",
    "ALTER TABLE users ADD COLUMN a int REFERENCES other (id)",
    "ALTER TABLE users ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
    "ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES b NOT VALID",
    "ALTER TABLE users VALIDATE CONSTRAINT c",
    "ALTER TABLE users ADD CONSTRAINT u UNIQUE USING INDEX ix",
    "ALTER TABLE users ALTER a SET DEFAULT 1, ALTER b DROP IDENTITY",
    "ALTER TABLE users SET (fillfactor = 80)",
    "REINDEX INDEX CONCURRENTLY ix",
    "CREATE TYPE t AS ENUM ('a'); ALTER TYPE t ADD VALUE 'b'",
    "GRANT SELECT ON users TO PUBLIC",
    "CREATE EXTENSION IF NOT EXISTS citext",
    "CREATE SEQUENCE s",
    "CREATE INDEX ix ON ONLY users (a)",
    "DO $$ BEGIN RAISE NOTICE 'x'; END $$",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
]
UNREAD = {
    "ALTER THE users": "not valid SQL",
    "DO $$ BEGIN EXECUTE 'DROP TABLE ' || x; END $$": "EXECUTE",
    "DO LANGUAGE plperl $$ 1 $$": "a body of plperl",
    "CREATE RULE r AS ON INSERT TO users DO NOTHING": "cannot check RuleStmt",
    "REINDEX SCHEMA public": "REINDEX of a whole schema",
    "VACUUM FULL": "VACUUM FULL of the whole database names no table",
    "CLUSTER": "CLUSTER of the whole database names no table",
    "EXPLAIN ANALYZE DELETE FROM users": "EXPLAIN ANALYZE",
    "DROP TYPE t CASCADE": "cannot check DROP TYPE",
    "DROP VIEW v": "cannot check DROP VIEW",
    "ALTER TABLE users ALTER CONSTRAINT c ENFORCED": "only a server knows",
    "DO $$ BEGIN EXECUTE 'REINDEX SCHEMA s'; END $$": "REINDEX of a whole schema",
}
WAYS = {
    "op.execute": "op.execute({!r})",
    "text": "op.execute(sa.text({!r}))",
    "get_bind": "op.get_bind().exec_driver_sql({!r})",
    "cursor": "op.get_bind().connection.cursor().execute({!r})",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("statement", "expected"), UNSAFE.items())
def test_what_is_found(found, statement, expected, way):
    """However it is sent."""
    body = WAYS[way].format(statement)

    assert set(found(body)) == {expected}


@pytest.mark.parametrize("statement", SAFE)
def test_what_is_not_found(project, statement):
    project.revision("r1", f"op.execute({statement!r})")

    done = lint(project.config())

    assert (done.findings, done.unchecked) == ((), ())


@pytest.mark.parametrize(("statement", "reason"), UNREAD.items())
def test_what_cannot_be_read_is_said(project, statement, reason):
    project.revision("r1", f"op.get_bind().exec_driver_sql({statement!r})")

    (left,) = lint(project.config()).unchecked

    assert reason in left.reason


def test_what_is_read_beside_what_is_not(project):
    """In one text, and in one body."""
    project.revision("r1", "op.execute('DROP VIEW v; DROP TABLE t')")
    body = "BEGIN EXECUTE x; DROP TABLE u; PERFORM 1; TRUNCATE v; END"
    project.revision("r2", f"op.execute('DO $$ {body} $$')")

    done = lint(project.config())

    assert {each.check for each in done.findings} == {
        "drop-table",
        "truncate-table",
        "several-tables",
    }
    assert len(done.unchecked) == 2


def test_check_that_fails_is_said_and_the_others_look(project, monkeypatch):
    def failing(_call, _around):
        raise KeyError("nothing")

    checks = all_checks()
    broken = replace(checks["drop-index"], look=failing)
    patched = {**checks, "drop-index": broken}
    monkeypatch.setattr("alembic_zdt.checks.engine.all_checks", lambda: patched)
    project.revision("r1", "op.execute('DROP TABLE t')")

    done = lint(project.config())

    assert [each.check for each in done.findings] == ["drop-table"]
    (left,) = done.unchecked
    assert left.reason == "drop-index fails: KeyError: 'nothing'"


def test_three_phases_in_sql(found):
    check = "ALTER TABLE users ADD CONSTRAINT c CHECK (email IS NOT NULL) NOT VALID"
    bodies = [
        f"op.execute({statement!r})"
        for statement in (
            check,
            "ALTER TABLE users VALIDATE CONSTRAINT c",
            "ALTER TABLE users ALTER email SET NOT NULL",
        )
    ]

    assert found(*bodies) == []


def test_parameters(found):
    body = (
        "op.get_bind().execute(sa.text('UPDATE users SET a = :a WHERE b % 2 = :b'),"
        " {'a': 1, 'b': 2})"
    )

    assert found(body) == ["change-rows"]


def test_metadata_create_all(found):
    """Of tables that are new nothing else is found."""
    body = (
        "m = sa.MetaData()\n"
        "sa.Table('t', m, sa.Column('id', sa.Integer(), primary_key=True),"
        " sa.Column('a', sa.Text(), index=True))\n"
        "m.create_all(op.get_bind())\nm.drop_all(op.get_bind(), checkfirst=False)"
    )

    assert found(body) == ["create-all", "create-all"]


def test_without_the_parser(project, monkeypatch):
    """Calls of op are looked at, and SQL is listed."""
    monkeypatch.setattr(parsing, "_library", lambda: None)
    project.revision("r1", "op.execute('DROP TABLE t')\nop.drop_table('u')")

    done = lint(project.config())

    assert [each.check for each in done.findings] == ["drop-table"]
    (left,) = done.unchecked
    assert 'pip install "alembic-zdt[parse]"' in left.reason


# --------------------------------------------------------------------------- files

FILE = """\
-- Zoë's change
BEGIN;
  ALTER TABLE users ADD a int;

/* and
   another */ ALTER TABLE orders
    ADD b int;
COMMIT;
CREATE INDEX CONCURRENTLY ix ON users (a);
CREATE TABLE new (id int);
CREATE INDEX ON new (id);
UPDATE users SET a = 'ü;';
"""


def test_file(tmp_path, project):
    path = project.write("change.sql", FILE)

    done = project.cli("lint", "change.sql", "--json", module="alembic_zdt")

    said = parsed("lint", done.stdout)
    assert [(each["check"], each["line"]) for each in said["findings"]] == [
        ("several-tables", 6),
        ("change-rows", 12),
    ]
    assert {each["file"] for each in said["findings"]} == {path.name}
    assert done.rc == 1


def test_file_that_is_no_sql(project):
    path = project.write("change.sql", "SELECT 1;\nSELEKT 2;")

    done = lint_files([path])

    (left,) = done.unchecked
    assert left.reason.startswith(
        "not valid SQL of PostgreSQL 18: syntax error at or near "
    )
    assert left.file == str(path)


@pytest.mark.parametrize(
    "statement",
    [
        "REPACK (CONCURRENTLY) users",
        "ALTER TABLE users MERGE PARTITIONS (a, b) INTO c",
        "WAIT FOR LSN '0/306EE20'",
    ],
)
def test_statement_of_a_newer_postgresql_is_not_called_wrong(project, statement):
    """The parser's grammar is of 18; 19 has these."""
    path = project.write("change.sql", f"{statement};\n")

    done = lint_files([path])

    assert done.findings == ()
    (left,) = done.unchecked
    assert left.reason.startswith(
        "not valid SQL of PostgreSQL 18: syntax error at or near "
    )


@pytest.mark.parametrize(
    "targets",
    [
        ("nowhere.sql",),
        ("base:heads", "heads"),
        ("a.sql", "base:heads"),
        ("a.sql", "--git", "x"),
    ],
)
def test_targets_that_do_not_go(project, targets):
    done = project.cli("lint", *targets, module="alembic_zdt")

    assert done.rc == 255
    assert "FAILED" in done.output
