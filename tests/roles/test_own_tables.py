"""Our own tables: nobody else may write them, and nothing in them is executed."""

from __future__ import annotations

import json
import sys
import threading
import types

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from alembic_zdt.backfill import run_slice, unfinished
from alembic_zdt.errors import ForeignOwnerError, RevisionError
from tests.support.roles import role, run_as

JOURNAL = "alembic_zdt_backfill"
SLICES = "alembic_zdt_backfill_slice"
LOG = "alembic_zdt_revision"
NAME = "users.lower"
USERS = (
    "CREATE TABLE users (id int PRIMARY KEY, email text, lower text);"
    " INSERT INTO users SELECT n, 'U' || n FROM generate_series(1, 3) n"
)
ROW_OF_USERS = "SELECT 1 AS id, 'U1' AS email, NULL::text AS lower"
BACKFILL = "op.backfill('users', {'lower': 'lower(email)'}, mode='background')"
GRANTED = (
    "SELECT coalesce(array_agg(DISTINCT g.grantee::regrole::text), '{}')"
    " FROM pg_class c, aclexplode(c.relacl) g"
    " WHERE starts_with(c.relname, 'alembic_zdt')"
    " AND c.relnamespace = to_regnamespace(%s) AND g.grantee <> c.relowner"
)


@pytest.fixture
def queued(db, project):
    """A backfill that nobody has begun."""
    db.execute(USERS)
    project.revision("r1", BACKFILL)
    project.upgrade()
    return project


def work(project):
    """Run what is queued."""
    return project.cli("backfill", "run", module="alembic_zdt")


@pytest.fixture
def engine(db):
    """For a job engine."""
    found = sa.create_engine(db.url())
    yield found
    found.dispose()


@pytest.mark.parametrize("way", ["online", "script"])
def test_default_privileges_do_not_reach_them(db, project, stranger, way):
    """Whatever the migrator grants on each new table."""
    db.execute(USERS)
    others = f"{stranger.name}, PUBLIC"
    db.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {others}")
    try:
        project.revision("r1", BACKFILL)
        if way == "online":
            project.upgrade()
        else:
            project.psql(project.sql()).ok()
    finally:
        db.execute(f"ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM {others}")

    assert db.exists(JOURNAL)
    assert db.value(GRANTED, db.schema) == []


SPYING = (
    "CREATE TRIGGER spy BEFORE UPDATE ON {} FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
)
CALLED = (
    "CREATE FUNCTION spied() RETURNS bool IMMUTABLE LANGUAGE plpgsql AS"
    " 'BEGIN RETURN true; END'"
)
FAULTS = {
    "owner": ("ALTER TABLE {} OWNER TO {stranger}", "it belongs to {stranger}"),
    "write": ("GRANT UPDATE ON {} TO {stranger}", "{stranger} may write it"),
    "public": ("GRANT INSERT ON {} TO PUBLIC", "PUBLIC may write it"),
    "column": (
        "GRANT UPDATE ({column}) ON {} TO {stranger}",
        "{stranger} may write its column",
    ),
    "trigger-right": ("GRANT TRIGGER ON {} TO {stranger}", "{stranger} may write it"),
    "trigger": (SPYING, "trigger spy is on it"),
    "rule": (
        "CREATE RULE spy AS ON INSERT TO {} DO ALSO NOTIFY spy",
        "rule spy is on it",
    ),
    "check": (
        f"{CALLED}; ALTER TABLE {{}} ADD CONSTRAINT spy CHECK (spied())",
        r"constraint spy uses function .*spied\(\)",
    ),
    "default": (
        f"{CALLED}; ALTER TABLE {{}} ADD spy bool DEFAULT spied()",
        r"column spy uses function .*spied\(\)",
    ),
    "index": (
        f"{CALLED}; CREATE INDEX spy ON {{}} ((spied()))",
        r"index .*spy uses function .*spied\(\)",
    ),
    "type": (
        "CREATE DOMAIN code AS text; ALTER TABLE {} ADD spy code",
        "column spy uses type .*code",
    ),
    "child": (
        "CREATE TABLE child () INHERITS ({})",
        "child inherits from alembic_zdt",
    ),
    "parent": (
        "CREATE TABLE parent (); ALTER TABLE {} INHERIT parent",
        "inherits from parent",
    ),
    "row-security": (
        "ALTER TABLE {} ENABLE ROW LEVEL SECURITY",
        "it has row level security",
    ),
}
every_fault = pytest.mark.parametrize("fault", FAULTS)


@every_fault
@pytest.mark.parametrize("table", [JOURNAL, SLICES])
def test_journal_that_others_may_write_is_refused(
    db, queued, engine, stranger, fault, table
):
    """By all who read it, with the statement that mends it."""
    spoiling, words = FAULTS[fault]
    column = "status" if table == JOURNAL else "cursor"
    db.execute(spoiling.format(table, stranger=stranger.name, column=column))
    said = words.format(stranger=stranger.name)

    with pytest.raises(ForeignOwnerError, match=said) as refused:
        run_slice(engine, NAME, config=queued.ini)
    with pytest.raises(ForeignOwnerError, match=said):
        unfinished(engine)
    queued.revision("r2", "op.backfill('users', {'lower': 'lower(email)'}, name='x')")
    with pytest.raises(ForeignOwnerError, match=said):
        queued.upgrade()
    assert db.value("SELECT count(lower) FROM users") == 0

    db.execute(str(refused.value).partition("then run: ")[2].partition(";")[0])
    run_slice(engine, NAME, config=queued.ini)
    assert db.value("SELECT count(lower) FROM users") == 3


@every_fault
def test_log_that_others_may_write_is_refused_before_anything_is_done(
    db, project, stranger, fault
):
    """The revision whose row it would get is not begun."""
    db.execute(USERS)
    index = "op.create_index_concurrently('ix_{0}', 'users', ['{0}'])"
    project.revision("r1", index.format("email"))
    project.upgrade()
    spoiling, words = FAULTS[fault]
    db.execute(spoiling.format(LOG, stranger=stranger.name, column="hash"))
    project.revision("r2", index.format("lower"))

    with pytest.raises(
        ForeignOwnerError, match=words.format(stranger=stranger.name)
    ) as refused:
        project.upgrade()

    assert not db.exists("ix_lower")
    db.execute(str(refused.value).partition("then run: ")[2].partition(";")[0])
    project.upgrade()
    assert project.current == ["r2"]
    assert db.column(f"SELECT revision FROM {LOG} ORDER BY 1") == ["r1", "r2"]


def test_view_in_place_of_the_log_is_not_read(db, project, stranger):
    """Reading a view calls the functions in it."""
    db.execute(USERS)
    project.revision("r1", "pass", variables={"zdt_phase": "expand"})
    stranger.execute(f"CREATE VIEW {LOG} AS SELECT 1 / 0 AS revision")

    said = project.cli("status", module="alembic_zdt")

    assert said.rc != 0
    assert f"it belongs to {stranger.name}" in said.output
    assert f"DROP VIEW {LOG}" in said.output
    assert "division by zero" not in said.output


@pytest.mark.parametrize("flavor", ["psql", "plain"])
def test_script_refuses_a_journal_of_another_role(db, project, stranger, flavor):
    """It was made beforehand."""
    db.execute(USERS)
    project.revision("r1", BACKFILL)
    script = project.sql(flavor=flavor)
    stranger.execute(f"CREATE TABLE {JOURNAL} (name text PRIMARY KEY)")

    said = project.psql(script)

    assert said.rc != 0
    assert f"it belongs to {stranger.name}" in said.stderr
    assert f"OWNER TO {db.value('SELECT current_user')}" in said.stderr


CHANGED = {
    "values": {"values": {"lower": "(SELECT current_user::text)"}},
    "where": {"where": "email <> current_user"},
    "table": {"table": {"name": "others", "schema": None}},
    "key": {"key": ["id"]},
}


@pytest.mark.parametrize("part", CHANGED)
def test_row_that_is_not_the_revisions_call_is_not_run(db, queued, engine, part):
    """Neither by a worker nor by a job engine; the error names the revision."""
    definition = db.value(f"SELECT definition FROM {JOURNAL}") | CHANGED[part]
    db.execute(f"UPDATE {JOURNAL} SET definition = %s", json.dumps(definition))

    with pytest.raises(RevisionError, match='differs from its call in revision "r1"'):
        run_slice(engine, NAME, config=queued.ini)
    said = work(queued)

    assert said.rc != 0
    assert (
        'backfill "users.lower" differs from its call in revision "r1"' in said.output
    )
    assert db.value("SELECT count(lower) FROM users") == 0
    assert f"alembic-zdt backfill cancel {NAME}" in said.output
    queued.cli("backfill", "cancel", NAME, module="alembic_zdt").ok()
    assert db.value(f"SELECT status FROM {JOURNAL}") == "cancelled"


def test_throttle_in_a_row_is_not_imported(db, queued, engine, monkeypatch):
    """The one of the revision file counts, which has none."""
    called = []
    module = types.ModuleType("zdt_spy")
    module.rest = called.append
    monkeypatch.setitem(sys.modules, "zdt_spy", module)
    definition = db.value(f"SELECT definition FROM {JOURNAL}")
    definition["limits"] = {"throttle": "zdt_spy:rest"}
    db.execute(f"UPDATE {JOURNAL} SET definition = %s", json.dumps(definition))

    assert run_slice(engine, NAME, config=queued.ini).status == "finished"

    assert called == []
    assert db.value("SELECT count(lower) FROM users") == 3


def test_row_that_no_revision_asks_for_is_not_run(db, queued, engine):
    """Under another name, or another revision."""
    queued.revision("r2")
    db.execute(f"UPDATE {JOURNAL} SET revision = 'r2'")

    with pytest.raises(RevisionError, match='revision "r2" does not call it'):
        run_slice(engine, NAME, config=queued.ini)


def test_project_without_an_ini_file(db, queued, engine):
    """pyproject.toml says where the revisions are."""
    toml = queued.ini.with_name("pyproject.toml")
    toml.write_text('[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    queued.ini.unlink()

    assert run_slice(engine, NAME, config=queued.ini).status == "finished"


def test_row_of_a_script_is_found_in_all_revisions(db, project, engine):
    """A script does not write down which revision it was written from."""
    db.execute(USERS)
    project.revision("r1")
    project.revision("r2", BACKFILL)
    project.revision("r3")
    project.psql(project.sql()).ok()

    assert run_slice(engine, NAME, config=project.ini).status == "finished"
    assert db.value("SELECT count(lower) FROM users") == 3


def test_revision_that_needs_a_database_is_read_up_to_there(db, project, engine):
    """The call is known before op.get_bind() has nothing to give."""
    db.execute(USERS)
    project.revision("r1", f"{BACKFILL}\nop.get_bind().execute(sa.text('SELECT 1'))")
    project.upgrade()

    assert run_slice(engine, NAME, config=project.ini).status == "finished"


def test_backfill_within_another_directive_goes_on(db, project, engine):
    """It is one of the steps of that directive, as the server is now."""
    db.execute(USERS)
    column = "sa.Column('token', sa.Text(), server_default=sa.text('random()::text'))"
    project.revision("r1", f"op.expand_add_column('users', {column})")
    project.upgrade()
    db.execute("UPDATE users SET token = NULL")
    db.execute(f"UPDATE {JOURNAL} SET status = 'running'; DELETE FROM {SLICES}")

    assert run_slice(engine, "users.token", config=project.ini).status == "finished"
    assert db.value("SELECT count(token) FROM users") == 3


PLANTED = {
    "line": {"page": 0, "line": "0)'::tid AND spy() AND users.ctid > '(0,0"},
    "list": ["page"],
}


@pytest.fixture
def spied(db, queued, engine, stranger):
    """Yield a function that works on a slice that a writer of all data has made."""
    db.execute("CREATE SEQUENCE spied; GRANT ALL ON SEQUENCE spied TO PUBLIC")
    stranger.execute(
        "CREATE FUNCTION spy() RETURNS bool LANGUAGE sql AS"
        " $$ SELECT nextval('spied') > 0 $$"
    )
    db.execute(f"UPDATE {JOURNAL} SET status = 'running', round = 1")

    def work_off(relation, cursor):
        db.execute(
            f"INSERT INTO {SLICES} (backfill, number, round, kind, relation, last_page,"
            " cursor) VALUES (%s, 1, 1, 'pages', %s::regclass, 1, %s)",
            *(NAME, relation, json.dumps(cursor)),
        )
        assert run_slice(engine, NAME, config=queued.ini).status == "finished"
        assert db.value("SELECT count(lower) FROM users") == 3
        return db.value("SELECT is_called FROM spied")

    return work_off


@pytest.mark.parametrize("kind", PLANTED)
def test_place_in_a_row_is_not_executed(spied, kind):
    """A member of pg_write_all_data may write anything there."""
    assert not spied("users", PLANTED[kind])


def test_slice_of_another_table_is_not_worked_off(db, spied, stranger):
    """Its triggers would run with the rights of the migrator."""
    stranger.execute(f"CREATE TABLE other AS {ROW_OF_USERS}")
    stranger.execute(
        "CREATE FUNCTION spy_on_row() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM spy(); RETURN NEW; END $$"
    )
    stranger.execute(
        "CREATE TRIGGER spy BEFORE UPDATE ON other FOR EACH ROW"
        " EXECUTE FUNCTION spy_on_row()"
    )

    assert not spied("other", None)


def test_operations_of_another_thread_are_run_meanwhile(db, queued, engine):
    """A worker thread reads a revision while the same process changes tables."""
    reads, goes_on = threading.Event(), threading.Event()
    module = types.ModuleType("zdt_pause")
    module.pause = lambda: (reads.set(), goes_on.wait(30))
    queued.revision("r2", "import zdt_pause\nzdt_pause.pause()\n" + BACKFILL)
    db.execute(f"UPDATE {JOURNAL} SET revision = 'r2'")
    found = []

    def work_off():
        found.append(run_slice(engine, NAME, config=queued.ini))

    worker = threading.Thread(target=work_off)
    with pytest.MonkeyPatch.context() as patch, engine.connect() as connection:
        patch.setitem(sys.modules, "zdt_pause", module)
        worker.start()
        assert reads.wait(30)
        operations = Operations(MigrationContext.configure(connection))
        operations.create_index_concurrently("ix_lower", "users", ["lower"])
        goes_on.set()
        worker.join(30)

    assert db.index("ix_lower").is_valid
    assert [each.status for each in found] == ["finished"]


def test_worker_finds_revisions_where_env_py_says_they_are(db, queued):
    elsewhere = queued.folder / "elsewhere"
    queued.versions.rename(elsewhere)
    queued.versions.mkdir()
    said = f"context.script.version_locations = [{str(elsewhere)!r}]"
    queued.edit_env("target_metadata = None", f"target_metadata = None\n{said}")

    work(queued).ok()

    assert db.value("SELECT count(lower) FROM users") == 3


def test_operations_of_the_outer_run_are_there_afterwards(db, queued):
    """A worker reads the revision while env.py is in the middle of its own run."""
    queued.edit_env(
        "            context.run_migrations()",
        "            context.run_migrations()\n            context.get_context()",
    )

    work(queued).ok()

    assert db.value("SELECT count(lower) FROM users") == 3


def test_members_of_one_owner_share_them(db, project):
    """A migrator with SET ROLE made them; a superuser goes on, and the other way."""
    with (
        role(db, "owner") as owner,
        role(db, "first", f"IN ROLE {owner}") as first,
    ):
        db.execute(USERS)
        db.execute(f"ALTER TABLE users OWNER TO {owner}")
        db.execute(f"ALTER ROLE {first} SET role = {owner}")
        ini = project.ini.read_text()
        run_as(project, first)
        project.revision("r1", BACKFILL)
        project.upgrade()
        project.write(project.ini, ini)

        work(project).ok()

        assert db.value("SELECT count(lower) FROM users") == 3
