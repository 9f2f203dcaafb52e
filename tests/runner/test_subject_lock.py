"""Several processes run the same revision at the same time."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import MigratedMeanwhileError
from tests.operations.cases import CASES
from tests.support.background import upgrading
from tests.support.door import door_held, wait_for_query
from tests.support.messages import error_page

SOME = ("index", "not-null", "foreign-key")
some_cases = pytest.mark.parametrize(
    "case", [pytest.param(c, id=c.id) for c in CASES if c.id in SOME]
)


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("processes", [2, 4])
@some_cases
def test_one_succeeds_and_nobody_breaks_anything(db, project, driver, case, processes):
    """The end is right, and who came too late says so in one FAILED: line.

    Each case, and each number of processes, meets both drivers.
    """
    for statement in case.setup:
        db.execute(statement)
    project.revision("r1", case.upgrade, case.downgrade)
    project.upgrade()
    wanted = db.catalog(), db.checksums()
    project.downgrade()

    started = [project.start("upgrade", "head") for _ in range(processes)]
    results = [running.wait(timeout=240) for running in started]

    assert 0 in [result.rc for result in results]
    for result in results:
        assert "Traceback" not in result.output, result.output
        if result.rc != 0:
            assert result.rc == 255
            assert result.stdout.startswith("FAILED: could not ")
    assert (db.catalog(), db.checksums()) == wanted
    assert project.current == ["r1"]


def test_who_waited_for_the_revision_of_another_stops(db, project, driver):
    """After its turn has come, it sees that the revision is applied already."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision(
        "r1", 'op.create_index_concurrently("ix", "users", ["email"])', "pass"
    )
    project.run("stamp", "base")
    with upgrading(project) as late:
        with door_held(db, "users"):
            first = project.start("upgrade", "head")
            wait_for_query(db, "CREATE INDEX CONCURRENTLY ix ", first)
            late.begin()
            wait_for_query(db, "pg_try_advisory_lock", late)
        first.wait(timeout=120).ok()

    assert isinstance(late.error, MigratedMeanwhileError)
    assert str(late.error) == (
        'could not create index "ix": another process has migrated the database '
        "meanwhile\n"
        'detail: This run began before that; now the database is at "r1".\n'
        "hint: Run the same command again; it continues from those revisions.\n"
        f"docs: {error_page('migrated-meanwhile')}"
    )
    project.upgrade()
    assert db.index("ix").is_valid


def test_turn_ends_with_the_revision(db, project, driver):
    """Once the run is over nobody has to wait for its turn."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision(
        "r1", 'op.create_index_concurrently("ix", "users", ["email"])', "pass"
    )

    project.upgrade()

    assert (
        db.rows(
            "SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        == []
    )


TURNS = 0x7A6474


def test_turn_is_for_what_the_table_is(db, project, driver):
    """However the calls spell it, and by its indexes, too; an enum has its own."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("CREATE INDEX ix ON users (email)")
    db.execute("CREATE TYPE mood AS ENUM ('sad')")
    db.execute("CREATE TABLE noted (of_enum boolean, key oid)")
    schema = f"schema={db.schema!r}"
    tables = (
        'op.create_check_constraint_two_phase("ck1", "users", "id > 0")',
        f'op.create_check_constraint_two_phase("ck2", "users", "id > 0", {schema})',
        'op.drop_index_concurrently("ix")',
        f'op.create_index_concurrently("ix", "users", ["email"], {schema})',
        f'op.drop_index_concurrently("ix", {schema})',
    )
    enums = (
        'op.add_enum_value("mood", "ok")',
        f'op.add_enum_value("mood", "happy", {schema})',
    )

    def noted(call, of_enum):
        noting = (
            f"INSERT INTO noted SELECT {of_enum}, objid FROM pg_locks"
            f" WHERE pid = pg_backend_pid() AND classid = {TURNS}"
            " ON CONFLICT DO NOTHING"  # a directive commits only what may run again
        )
        return f'{call}\nop.execute("{noting}")'

    calls = [noted(call, of_enum=False) for call in tables]
    calls += [noted(call, of_enum=True) for call in enums]
    project.revision("r1", "\n".join(calls))

    project.upgrade()

    found = db.rows(
        "SELECT of_enum, count(*), count(DISTINCT key) FROM noted GROUP BY 1 ORDER BY 1"
    )
    assert found == [(False, len(tables), 1), (True, len(enums), 1)]
    assert db.value("SELECT count(DISTINCT key) FROM noted") == 2


def test_tables_of_one_name_in_two_schemas_have_turns_of_their_own(
    db, project, new_schema
):
    """While one tenant is at work the other one need not wait."""
    other = new_schema()
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    db.execute(f"CREATE TABLE {other}.users (id int PRIMARY KEY)")
    db.execute("CREATE TABLE noted (key oid)")
    noting = (
        "INSERT INTO noted SELECT objid FROM pg_locks"
        f" WHERE pid = pg_backend_pid() AND classid = {TURNS}"
    )
    for number, schema in enumerate((db.schema, other)):
        check = 'op.create_check_constraint_two_phase("ck", "users", "id > 0"'
        body = f'{check}, schema="{schema}")\nop.execute("{noting}")'
        project.revision(f"r{number}", body)

    project.upgrade()

    assert db.value("SELECT count(DISTINCT key) FROM noted") == 2
