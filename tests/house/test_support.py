"""The fixtures keep their promises."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import psycopg
import pytest

from tests.support.db import quoted
from tests.support.names import PLAIN, every_name
from tests.support.server import version_fits
from tests.support.traffic import traffic
from tools.postgres import Cluster

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text, name text)"
UPGRADE = 'op.create_table("users", sa.Column("id", sa.BigInteger, primary_key=True))'
DOWNGRADE = 'op.drop_table("users")'


# ------------------------------------------------------------------------------ db


def test_every_test_starts_in_an_empty_schema_of_its_own(db, schema):
    """The only schema on the search_path is the test's, and nothing is in it."""
    assert db.value("SELECT current_schemas(false)") == [schema]
    assert not any(db.catalog().values())


def test_accepts_and_refuses_leave_no_trace(db):
    """A claim about a statement does not change the table."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)")

    assert db.accepts("INSERT INTO users VALUES (1, 'a')")
    assert db.refuses("INSERT INTO users VALUES (1, NULL)", "23502")

    assert db.rows("SELECT * FROM users") == []


def test_accepts_and_refuses_fail_when_the_claim_is_wrong(db):
    """Both raise AssertionError, refuses also for another SQLSTATE."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)")

    with pytest.raises(AssertionError, match="23502"):
        db.accepts("INSERT INTO users VALUES (1, NULL)")
    with pytest.raises(AssertionError, match="was accepted"):
        db.refuses("INSERT INTO users VALUES (1, 'a')", "23502")
    with pytest.raises(AssertionError, match="23502"):
        db.refuses("INSERT INTO users VALUES (1, NULL)", "23505")


def test_refuses_sees_a_deferred_constraint(db):
    """A constraint that is checked at commit counts."""
    db.execute("CREATE TABLE users (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    db.execute("INSERT INTO users VALUES (1)")

    assert db.refuses("INSERT INTO users VALUES (1)", "23505")


def test_holding_keeps_a_lock_until_the_block_ends(db):
    """The lock of an open transaction is visible, in the way, and then gone."""
    db.execute(USERS)

    with db.holding("LOCK TABLE users IN SHARE MODE") as other:
        assert db.locks(other.pid, "users") == {("users", "ShareLock", True)}
        db.execute("SET lock_timeout = '50ms'")
        assert db.refuses("INSERT INTO users VALUES (1)", "55P03")

    assert db.accepts("INSERT INTO users VALUES (1)")


def test_background_statement_is_caught_while_it_waits(db):
    """CREATE INDEX CONCURRENTLY waits for a writer and lets others write."""
    db.execute(USERS)

    with db.holding("INSERT INTO users VALUES (1)") as writer:
        with db.background("CREATE INDEX CONCURRENTLY ix ON users (email)") as job:
            job.wait_until_blocked()
            assert ("users", "ShareUpdateExclusiveLock", True) in db.locks(job.pid)
            assert db.index("ix").is_valid is False
            assert db.accepts("INSERT INTO users VALUES (2)")
            writer.execute("COMMIT")
            job.result()

    assert db.index("ix").is_valid is True


def test_background_statement_is_ended_with_its_block(db):
    """A statement that still waits does not outlive the test."""
    db.execute(USERS)

    with (
        db.holding("LOCK TABLE users"),
        db.background("SELECT * FROM users") as job,
    ):
        job.wait_until_blocked()

    assert not job.is_running
    with pytest.raises(psycopg.errors.AdminShutdown):
        job.result()


def test_wait_until_gives_up_with_the_condition(db):
    """The failure names what never came true."""
    db.wait_until("1 = 1")
    with pytest.raises(AssertionError, match="1 = 2"):
        db.wait_until("1 = 2", timeout=0.1)


def test_a_prepared_transaction_is_gone_with_its_test(db):
    """Its locks would hold up the removal of the schema."""
    db.execute(USERS)
    db.execute("BEGIN; LOCK TABLE users; PREPARE TRANSACTION 'left behind'")

    assert db.column("SELECT gid FROM pg_prepared_xacts") == ["left behind"]


# -------------------------------------------------------------------------- catalog

CHANGES = [
    pytest.param("ALTER TABLE users ADD x int", id="column"),
    pytest.param("ALTER TABLE users ALTER name TYPE varchar(9)", id="type"),
    pytest.param("ALTER TABLE users ALTER name SET NOT NULL", id="not-null"),
    pytest.param("ALTER TABLE users ALTER name SET DEFAULT 'x'", id="default"),
    pytest.param("ALTER TABLE users ALTER name SET STATISTICS 9", id="statistics"),
    pytest.param(
        "ALTER TABLE users ALTER id ADD GENERATED ALWAYS AS IDENTITY", id="identity"
    ),
    pytest.param('ALTER TABLE users ALTER name TYPE text COLLATE "C"', id="collation"),
    pytest.param(
        "ALTER TABLE users ADD CONSTRAINT k CHECK (id > 0) NOT VALID", id="check"
    ),
    pytest.param("ALTER TABLE users VALIDATE CONSTRAINT ck", id="validated"),
    pytest.param("CREATE INDEX ix ON users (name)", id="index"),
    pytest.param(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ux'::regclass",
        id="invalid-index",
    ),
    pytest.param("ALTER TYPE mood ADD VALUE 'so-so' BEFORE 'happy'", id="enum"),
    pytest.param("ALTER TABLE users DISABLE TRIGGER tr", id="trigger"),
    pytest.param("ALTER FUNCTION f() SET work_mem = '1MB'", id="function"),
    pytest.param("COMMENT ON COLUMN users.name IS 'x'", id="comment"),
    pytest.param("CREATE OR REPLACE VIEW v AS SELECT 2 AS a", id="view"),
    pytest.param("CREATE SEQUENCE sq", id="sequence"),
    pytest.param("GRANT SELECT ON users TO public", id="privilege"),
    pytest.param("ALTER TABLE users ENABLE ROW LEVEL SECURITY", id="row-security"),
    pytest.param("ALTER TABLE users SET (fillfactor = 70)", id="storage"),
    pytest.param("ALTER TABLE p DETACH PARTITION p1", id="partition"),
]

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE users (id bigint NOT NULL, name text);
ALTER TABLE users ADD CONSTRAINT ck CHECK (name <> '') NOT VALID;
CREATE UNIQUE INDEX ux ON users (id);
CREATE TABLE p (id int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f();
CREATE VIEW v AS SELECT 1 AS a;
"""


@pytest.mark.parametrize("change", CHANGES)
def test_catalog_sees_the_change(db, change):
    """Each kind of change makes two pictures differ."""
    db.execute(SCHEMA)
    before = db.catalog()

    db.execute(change)

    assert db.catalog() != before


def test_catalog_of_two_schemas_compares(db, new_schema):
    """The same statements in two schemas give the same picture."""
    db.execute(SCHEMA)
    second = new_schema()
    with db.session() as other:
        other.execute(f"SET search_path = {second}")
        other.execute(SCHEMA)

    assert db.catalog() == db.catalog(second)
    assert len(db.catalog()["tables"]) == 4


def test_catalog_does_not_see_the_order_of_columns(db):
    """A column that was dropped and made again is the same column."""
    db.execute("CREATE TABLE users (a int, b int)")
    before = db.catalog()

    db.execute("ALTER TABLE users DROP a; ALTER TABLE users ADD a int")

    assert db.catalog() == before


# --------------------------------------------------------------------------- names


@every_name
def test_names_can_be_used_in_plain_sql(db, names):
    """Every row of the table of names is a possible table."""
    db.execute(f"CREATE TABLE {names.t} ({names.c} int, {names.n} int)")
    db.execute(f"CREATE INDEX {quoted(names.index)} ON {names.t} ({names.c})")

    found = db.catalog(names.schema)["columns"]
    assert sorted(row[:2] for row in found) == sorted(
        [(names.table, names.column), (names.table, names.new_column)]
    )
    assert len(names.table.encode()) <= 63


def test_names_are_plain_by_default(names):
    """Without every_name the fixture gives the plain row."""
    assert names is PLAIN


# ------------------------------------------------------------------------- project


@pytest.mark.compat
def test_project_goes_up_and_down_without_a_trace(project, driver, db):
    """The stock env.py of each driver works in the test's schema."""
    project.revision("r1", UPGRADE, DOWNGRADE)
    project.revision("r2", 'op.add_column("users", sa.Column("email", sa.Text))')
    before = db.catalog()

    project.upgrade("head", x=("a=b",))
    assert (project.current, db.columns("users")) == (["r2"], ["id", "email"])
    assert driver in project.env.parent.parent.joinpath("alembic.ini").read_text()

    project.downgrade("base")
    assert (project.current, db.catalog()) == ([], before)


def test_project_rewrites_a_revision_in_place(project, db):
    """Writing a revision again keeps its place and is seen at once."""
    project.revision("r1", UPGRADE, DOWNGRADE)
    project.revision("r2", "op.execute('CREATE TABLE a (id int)')")
    project.upgrade("r1")
    project.revision("r2", "op.execute('CREATE TABLE b (id int)')")

    project.upgrade("head")

    assert (db.exists("a"), db.exists("b")) == (False, True)


def test_project_replays_its_sql_through_psql(project, db, new_schema):
    """What --sql writes gives the same catalog as the online run."""
    project.revision("r1", UPGRADE, DOWNGRADE)
    second = new_schema()

    project.psql(project.sql("base:head"), second).ok()
    project.upgrade("head")

    assert db.catalog() == db.catalog(second)
    assert "DROP TABLE users" in project.sql("r1:base", down=True)


def test_project_psql_stops_at_the_first_error(project, db):
    """A broken script is reported and does not go on."""
    result = project.psql("SELECT 1/0; CREATE TABLE a (id int)")

    assert result.rc == 3
    assert "division by zero" in result.stderr
    assert not db.exists("a")


def test_project_runs_the_command_line(project, driver, db):
    """The same project works in a process of its own."""
    project.revision("r1", UPGRADE, DOWNGRADE)

    result = project.cli("upgrade", "head", x=("a=b",)).ok()

    assert "Running upgrade  -> r1" in result.stderr
    assert db.exists("users")


def test_project_can_be_killed_while_it_waits(project, db):
    """start() returns at once; kill() ends the command and its session."""
    project.revision("r1", "op.execute('LOCK TABLE door')")
    db.execute("CREATE TABLE door (id int)")

    with db.holding("LOCK TABLE door"):
        running = project.start("upgrade", "head")
        db.wait_until(
            "SELECT count(*) = 1 FROM pg_locks"
            " WHERE relation = 'door'::regclass AND NOT granted"
        )
        assert running.is_running
        assert running.kill().rc == -9

    assert project.current == []


def test_project_passes_options_to_configure(project):
    """configure() reaches the migration context."""
    project.configure(transaction_per_migration=True)
    project.configure(zdt_small_table_rows=7)
    project.revision(
        "r1",
        """
        opts = op.get_context().opts
        assert opts["transaction_per_migration"] is True
        assert opts["zdt_small_table_rows"] == 7
        """,
    )

    project.upgrade("head")

    assert project.current == ["r1"]


def test_project_autogenerates_from_models(project):
    """models() gives env.py its metadata."""
    project.models(
        """
        metadata = sa.MetaData()
        sa.Table("users", metadata, sa.Column("id", sa.Text))
        """
    )

    project.run("revision", "add users", autogenerate=True)

    assert 'op.create_table("users"' in project.scripts()[0].read_text().replace(
        "'", '"'
    )


# ------------------------------------------------------------------------- traffic


def test_traffic_measures_the_wait_behind_a_lock(db):
    """Readers and writers run, and a lock of 0.3 s shows up as a wait."""
    db.execute(USERS)

    with traffic(
        db,
        reads=["SELECT count(*) FROM users"],
        writes=["INSERT INTO users VALUES ({n}, 'x')"],
    ) as seen:
        seen.wait_for_more(20)
        with db.holding("LOCK TABLE users") as other:
            other.execute("SELECT pg_sleep(0.3)")
        seen.wait_for_more(20)

    assert seen.errors == []
    assert 0.2 < seen.longest_wait < 5
    assert db.value("SELECT count(*) FROM users") > 10


def test_traffic_reports_errors_with_their_sqlstate(db):
    """A statement that fails is an error of the application."""
    db.execute(USERS)

    with traffic(db, reads=["SELECT nothing FROM users"]) as seen:
        seen.wait_for_more()

    assert seen.errors[0].startswith("42703 ")


# -------------------------------------------------------------------------- server


@pytest.mark.parametrize(
    ("spec", "fits"), [(">=16", True), ("<16", False), ("==16", True), (">16", False)]
)
def test_version_spec_is_compared_with_the_major_version(spec, fits):
    """The marker pg understands all five comparisons."""
    assert version_fits(spec, 16) is fits


@pytest.mark.pg(">=99")
def test_marker_pg_keeps_a_test_from_older_servers():
    """It never runs: there is no PostgreSQL 99."""
    pytest.fail("the marker pg was ignored")


def test_server_is_the_one_the_binaries_are_of(cluster, db):
    """The version that markers compare is the server's."""
    assert db.connection.info.server_version // 10000 == cluster.version


@pytest.mark.slow
def test_cluster_leaves_nothing_behind():
    """stop() ends the server and removes its folder; start() makes a new one."""
    cluster = Cluster(settings={"max_connections": "17"})
    with cluster:
        folder, pid = cluster.folder, cluster.pid
        with psycopg.connect(cluster.dsn()) as connection:
            found = connection.execute("SHOW max_connections").fetchone()
        assert found == ("17",)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(cluster.dsn().replace(cluster.password, "wrong"))

    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


ACTIVITY = re.compile(r"(?:FROM|JOIN) pg_stat_(?:activity|progress_)")
OWN = re.compile(
    r"datname = |pid (?:= |<> ALL)|usename = |relid = |wait_event = 'SyncRep'"
)


def test_tests_ask_only_for_their_own_sessions():
    """Workers share a server, so a test could end the sessions of another one."""
    tests = Path(__file__).parents[1]
    texts = {path: path.read_text() for path in sorted(tests.rglob("*.py"))}
    found = [
        f"{path.relative_to(tests)}:{node.lineno}"
        for path, text in texts.items()
        if ACTIVITY.search(text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.JoinedStr | ast.Constant)
        and ACTIVITY.search(ast.unparse(node))
        and not OWN.search(ast.unparse(node))
    ]

    assert found == []
