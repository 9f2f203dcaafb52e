"""docs/security.md: each row of its tables is what happens."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from alembic_zdt.runner import measuring
from alembic_zdt.settings import FLEET_TABLES, SCRATCH_TABLES
from tests.roles import test_never_adopted, test_own_tables
from tests.support.roles import role, run_as
from tests.support.workflows import renaming, retyping

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
USERS = (
    "CREATE TYPE mood AS ENUM ('sad', 'happy');"
    " CREATE TABLE users (id int PRIMARY KEY, email text, code text, total int CHECK"
    " (total > 0), mood mood);"
    " CREATE INDEX ON users (total);"
    " CREATE TABLE teams (id int PRIMARY KEY, name text);"
    " CREATE TABLE places (name text); INSERT INTO places VALUES ('a');"
    " INSERT INTO users VALUES (1, 'a', 'b', 1, 'sad');"
    " CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NEW; END';"
    " CREATE TRIGGER pass BEFORE UPDATE ON users"
    " FOR EACH ROW EXECUTE FUNCTION pass()"
)
TOTAL = retyping("users", "total", "sa.BigInteger()", "existing_type=sa.Integer()")
CODE = retyping(
    "users",
    "code",
    "sa.String(80)",
    "new_column_name='short', existing_type=sa.Text(), using='upper(code)',"
    " reverse_using='lower(short)'",
)
VIEW = "op.expand_rename_column('teams', 'name', 'title', strategy='view')"
NUMBERS = (
    "op.expand_add_column('users', sa.Column('n', sa.BigInteger(), sa.Identity(),"
    " nullable=False))"
)
LATER = "op.create_index_concurrently('ix', 'places', ['name'], mode='background')"
REMOVING = (
    "op.remove_enum_value('users', 'mood', 'sad', replacement='happy',"
    " existing_type=sa.Enum('sad', 'happy', name='mood'))"
)
OPEN = "\n".join(
    line
    for call in (renaming("users", "email", "mail"), TOTAL, CODE)
    for line in call.splitlines()[:2]
)
CREATED = re.compile(r"CREATE (SEQUENCE|TYPE) (?:\w+\.)?(\w+)")
OBJECTS = """
    SELECT 'table', relname FROM pg_class WHERE relkind = 'r' AND relnamespace = {0}
    UNION SELECT 'index', relname FROM pg_class WHERE relkind = 'i'
      AND relnamespace = {0}
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = pg_class.oid)
    UNION SELECT 'function', proname FROM pg_proc WHERE pronamespace = {0}
    UNION SELECT 'type', typname FROM pg_type WHERE typnamespace = {0} AND typtype = 'e'
    UNION SELECT 'trigger', tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
      WHERE relnamespace = {0} AND NOT tgisinternal
    UNION SELECT 'constraint', conname FROM pg_constraint WHERE connamespace = {0}
      AND contype <> 'n'
    UNION SELECT 'column', attname FROM pg_attribute a JOIN pg_class c
      ON c.oid = attrelid WHERE relnamespace = {0} AND relkind = 'r' AND attnum > 0
"""


def rows_after(heading):
    """The cells of the table with that first heading."""
    _, _, after = PAGE.read_text().partition(f"| {heading} |")
    lines = after.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def documented():
    """Kind and beginning of the name of each object."""
    return {(kind, name.strip("`")) for kind, name, *_ in rows_after("Kind")}


def objects(db):
    return set(db.rows(OBJECTS.format(f"to_regnamespace('{db.schema}')")))


def ours(found):
    """Those that have a name of the package, by kind and documented beginning."""
    known = sorted(documented(), key=lambda pair: -len(pair[1]))
    for kind, name in found:
        own_table = kind == "table" and name.startswith("alembic_zdt_")
        if own_table or re.match("!?zdt_|zzz_zdt_", name):
            fitting = [pair for pair in known if pair[0] == kind]
            assert any(name.startswith(start) for _, start in fitting), (kind, name)
            yield next(pair for pair in fitting if name.startswith(pair[1]))


def test_table_of_objects_has_all_kinds_and_no_other(db, project, caplog, monkeypatch):
    """While all windows are open; what lives within one call is in the log."""
    monkeypatch.setattr(logging.getLogger("alembic_zdt"), "disabled", False)
    caplog.set_level(logging.DEBUG, "alembic_zdt")  # which has the whole statements
    monkeypatch.setattr(measuring, "LEAST_BYTES", 0)
    db.execute(USERS)
    before = objects(db)
    project.revision("r1", f"{OPEN}\n{VIEW}\n{LATER}")
    project.upgrade()
    found = set(ours(objects(db) - before))
    db.execute("UPDATE alembic_zdt_queue SET status = 'finished'")
    project.revision("r2", f"{NUMBERS}\n{REMOVING}")

    project.upgrade()

    whole = "\n".join(line for line in caplog.messages if "..." not in line)
    made = {(kind.lower(), name) for kind, name in CREATED.findall(whole)}
    # Of commands, see their own tests.
    made |= {("table", SCRATCH_TABLES[0]), ("table", FLEET_TABLES[0])}
    found |= set(ours(made))
    assert found == documented()


def test_rights_of_others_are_those_of_the_page(db, project):
    """EXECUTE for PUBLIC on the functions, nothing on our tables."""
    db.execute(USERS)
    project.revision("r1", OPEN)
    project.upgrade()

    rights = {name.strip("`"): cell for _, name, _, cell, _ in rows_after("Kind")}
    for start in ("zdt_sync_", "zdt_up_", "zdt_down_"):
        assert db.value(
            "SELECT bool_and(has_function_privilege('public', oid, 'EXECUTE'))"
            " FROM pg_proc WHERE starts_with(proname, %s)",
            start,
        )
    assert "EXECUTE for PUBLIC" in rights["zdt_up_"]
    for table in ("alembic_zdt_revision", "alembic_zdt_backfill"):
        assert rights[table].startswith("none")
        assert not db.value(
            "SELECT EXISTS (SELECT FROM pg_class, aclexplode(relacl) g"
            " WHERE oid = to_regclass(%s) AND g.grantee <> relowner)",
            table,
        )


EXECUTED = {
    "values, conditions and keys of backfills": (
        test_own_tables.test_row_that_is_not_the_revisions_call_is_not_run
    ),
    "the function of `throttle=`": (
        test_own_tables.test_throttle_in_a_row_is_not_imported
    ),
    "`using=`, `reverse_using=`, defaults, CHECK conditions": (
        test_never_adopted.test_what_was_made_beforehand_is_refused
    ),
    "slices, progress, status, errors": (
        test_own_tables.test_journal_that_others_may_write_is_refused
    ),
}


def test_table_of_what_is_executed_is_held_by_tests():
    """Row by row."""
    assert [row[0] for row in rows_after("Text")] == list(EXECUTED)
    assert all(callable(test) for test in EXECUTED.values())


@pytest.fixture
def migrator(db, project):
    """A role with the grants of the page, and no other."""
    with role(db, "migrator") as name:
        db.execute(f"REVOKE ALL ON SCHEMA {db.schema} FROM {name}")
        db.execute(f'REVOKE ALL ON DATABASE "{db.database}" FROM PUBLIC')
        db.execute(USERS)
        run_as(project, name)
        project.revision("r1", f"{OPEN}\n{NUMBERS}\n{CODE.splitlines()[2]}")
        try:
            yield name
        finally:
            db.execute(f'REVOKE ALL ON DATABASE "{db.database}" FROM {name}')
            db.execute(
                f'GRANT CONNECT, TEMPORARY ON DATABASE "{db.database}" TO PUBLIC'
            )


def granted(db, migrator, grant):
    """Give what a row of the page says."""
    if grant == "ownership of the table":
        db.execute(f"ALTER TABLE users OWNER TO {migrator}")
        return
    rights, _, place = (
        grant.replace("`", "").replace(" and ", ", ").partition(" on the ")
    )
    target = {"database": f'"{db.database}"', "schema": db.schema}[place]
    db.execute(f"GRANT {rights} ON {place} {target} TO {migrator}")


def test_role_with_just_these_grants_runs_directives(db, project, migrator):
    """And alembic_version is its own."""
    for grant, _ in rows_after("Grant"):
        granted(db, migrator, grant)

    project.upgrade()

    assert project.current == ["r1"]


@pytest.mark.parametrize("missing", range(4))
def test_each_of_the_grants_is_needed(db, project, migrator, missing):
    grants = [grant for grant, _ in rows_after("Grant")]
    assert len(grants) == 4
    for grant in grants[:missing] + grants[missing + 1 :]:
        granted(db, migrator, grant)

    with pytest.raises(Exception, match=r"permission denied|must be owner|no schema"):
        project.upgrade()

    assert project.current == []
