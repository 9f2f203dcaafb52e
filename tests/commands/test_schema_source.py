"""``alembic-zdt rehearse --schema-of``: the schema of a database or of a dump."""

from __future__ import annotations

import secrets

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from alembic_zdt.errors import UsageError
from alembic_zdt.scratch.pg_dump_program import schema_at

SOURCE = """
CREATE TABLE orders (id serial PRIMARY KEY, state text);
CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2';
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL);
CREATE VIEW states AS SELECT state FROM orders;
CREATE PUBLICATION all_orders FOR TABLE orders;
GRANT SELECT ON orders TO pg_monitor;
INSERT INTO alembic_version VALUES ('r1')
"""
DUMP = r"""--
-- PostgreSQL database dump
--

\restrict 6fWcXLyDRcgMn

SET statement_timeout = 0;
SET setting_of_a_later_version = 0;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE SCHEMA public;
CREATE FUNCTION public.two() RETURNS integer
    LANGUAGE plpgsql
    AS $$ BEGIN
  RETURN 2;
END $$;

CREATE TABLE public.orders (
    id integer PRIMARY KEY,
    state text -- a semicolon; in a comment
);
ALTER TABLE public.orders OWNER TO role_of_production;
ALTER FUNCTION public.two() OWNER TO role_of_production;
GRANT SELECT ON TABLE public.orders TO reader_of_production;
CREATE PUBLICATION all_tables FOR ALL TABLES;
CREATE SUBSCRIPTION copy CONNECTION 'host=production' PUBLICATION all_tables;
CREATE TABLE public.alembic_version (version_num character varying(32) NOT NULL);

\unrestrict 6fWcXLyDRcgMn

"""


@pytest.fixture
def rehearse(project, creator):
    """Run the command; the revision below the range would fail."""
    project.revision("r1", "raise RuntimeError('r1 ran')")
    project.revision("r2", 'op.execute("UPDATE orders SET state = two()::text")')

    def run(schema_of, *arguments):
        return project.cli(
            *("rehearse", "--on", creator.url, "--schema-of", str(schema_of)),
            *("--rows", "orders=20", *arguments),
            module="alembic_zdt",
        )

    return run


@pytest.fixture
def source(creator, admin):
    """Make a database with a schema and the revision r1; return its URL."""
    name = f"source_{secrets.token_hex(4)}"
    admin.execute(f"CREATE DATABASE {name} OWNER {creator.name}")
    url = make_url(creator.url).set(drivername="postgresql", database=name)
    text = url.render_as_string(hide_password=False)
    with psycopg.connect(make_conninfo(text), autocommit=True) as connection:
        connection.execute(SOURCE)
    return text


def test_schema_of_a_database_is_taken_with_its_revision(rehearse, source, creator):
    found = rehearse(source)

    assert found.rc == 0, found.output
    assert "upgrade r2 (expand)" in found.stdout
    assert "upgrade to r1" not in found.stderr
    assert len(creator.left()) == 1  # the source


def test_version_table_is_known_by_its_revisions(rehearse, source, project):
    """Another project has a version table in the same database."""
    project.configure(version_table="Applied here", version_table_schema="public")
    with psycopg.connect(make_conninfo(source), autocommit=True) as connection:
        connection.execute('ALTER TABLE alembic_version RENAME TO "Applied here"')
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES ('of another')")

        found = rehearse(source)

        assert found.rc == 0, found.output
        assert "upgrade r2 (expand)" in found.stdout
        connection.execute('DELETE FROM "Applied here"')

    refused = rehearse(source)

    assert refused.rc == 255
    assert "0 version tables with revisions that have a file here" in refused.stdout
    assert "alembic_version: of another" in refused.stdout


def test_database_that_has_the_range_is_refused(rehearse, source, project):
    found = rehearse(source, "base:head")

    assert found.rc == 255
    assert 'the database of --schema-of already has "r1"' in found.stdout


def test_dump_is_loaded_without_roles_and_subscriptions(rehearse, project):
    dump = project.ini.with_name("dump.sql")
    dump.write_text(DUMP)

    found = rehearse(dump)

    assert found.rc == 0, found.output
    assert "upgrade to r1" not in found.stderr
    role = 'role "role_of_production" does not exist'
    told = [each for each in found.stderr.splitlines() if "of the dump" in each]
    assert f"skipped 2 statements of the dump, from line 22 on: {role}" in told
    assert any('role "reader_of_production" does not exist' in each for each in told)
    assert any("publications and subscriptions are left out" in each for each in told)
    assert any("setting_of_a_later_version" in each for each in told)


@pytest.mark.parametrize(
    ("dump", "words"),
    [
        ("SELECT 1;\n\nCREATE TABLE a b ();\n", "cannot load line 3 of the dump"),
        ("CREATE TABLE a (b missing);", 'type "missing" does not exist'),
        ("SELECT 1;\nCOPY a (b) FROM stdin;\n1\n\\.\n", "line 2 of the dump"),
        ("\\connect production\nSELECT 1;", "the command of psql \\connect"),
        (None, "cannot read the schema dump"),
    ],
)
def test_dump_that_does_not_load_is_refused(rehearse, project, creator, dump, words):
    path = project.ini.with_name("dump.sql")
    if dump is not None:
        path.write_text(dump)

    found = rehearse(path)

    assert found.rc == 255
    assert words in found.stdout
    assert "Traceback" not in found.output
    assert creator.left() == []


def test_program_must_be_new_enough(source):
    with pytest.raises(UsageError, match="there is no pg_dump for PostgreSQL 99"):
        schema_at(source, 99)


def test_error_of_the_program_is_shown(creator):
    url = make_url(creator.url).set(database="missing").render_as_string(False)

    with pytest.raises(UsageError, match="could not dump") as raised:
        schema_at(url, 12)

    assert 'database "missing" does not exist' in raised.value.detail
