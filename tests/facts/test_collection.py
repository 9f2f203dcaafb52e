"""``alembic-zdt facts export`` writes sizes, types and proofs, and no values."""

from __future__ import annotations

import json

import pytest

from alembic_zdt.commands.facts_export import export_facts
from alembic_zdt.errors import LockNotAvailableError
from alembic_zdt.facts.collection import CatalogOracle
from alembic_zdt.facts.exported import ExportedName, hashed
from alembic_zdt.facts.facts_file import text_of
from alembic_zdt.names import QualifiedName
from tests.facts.exporting import exported, shop
from tests.support.output import valid
from tests.support.roles import role, run_as

NAMES = (
    "users",
    "email",
    "has_age",
    "ix_user",
    "events_1",
    "mood",
    "of_user",
    "adults",
)


@pytest.fixture
def filled(db):
    """Make the tables."""
    shop(db)


def table(facts, name):
    return facts.databases[0].table(QualifiedName(name))


def test_file_has_the_keys_of_the_schema_and_no_values(db, project, driver, filled):
    """Neither rows, nor defaults, conditions, labels, queries or passwords."""
    done = project.cli("facts", "export", module="alembic_zdt").ok()

    found = json.loads(done.stdout)
    assert found.pop("schema") == 1
    valid("facts", found)
    assert "s3cret" not in done.stdout
    assert "777" not in done.stdout
    assert "CHECK" not in done.stdout
    (database,) = found["databases"]
    assert database["database"] == db.database
    assert db.schema in database["search_path"]
    assert database["settings"]["block_size"] == "8192"


def test_columns_and_proofs(project, filled):
    users = table(exported(project), "users")

    known = {
        each.name: (each.type, each.not_null, each.no_null) for each in users.columns
    }
    assert known["id"] == ("integer", True, True)
    assert known["email"] == ("character varying(50)", False, False)
    assert known["age"] == ("integer", False, True)
    assert users.column("email").width == 11
    assert users.column("felt").null_share == 1
    assert users.column("felt").distinct is None
    assert users.column("id").distinct == -1
    assert (users.rows, users.kind) == (1000, "r")
    assert {
        each.name: each.valid for each in users.constraints if each.type == "c"
    } == {
        "has_age": True,
        "big": True,
    }


def test_indexes_and_foreign_keys(db, project, filled):
    orders = table(exported(project), "orders")

    index = next(each for each in orders.indexes if each.name == "ix_user")
    assert (index.columns, index.included) == (("user_id",), ("id",))
    assert (index.partial, index.unique, index.valid) == (True, False, True)
    (key,) = [each for each in orders.constraints if each.type == "f"]
    assert (key.valid, key.columns) == (False, ("user_id",))
    assert key.referent == ExportedName(db.schema, "users")
    assert orders.column("user_id").null_share == 0.25


def test_partitions_have_a_parent(project, filled):
    facts = exported(project)

    events = table(facts, "events")
    assert (events.kind, events.heap_bytes) == ("p", 0)
    tree = list(facts.databases[0].tree(events))
    assert [each.name for each in tree] == ["events", "events_1", "events_2"]
    assert sum(each.rows for each in tree) == 200
    assert table(facts, "adults").kind == "v"


def test_translated_schema_does_not_lend_its_proofs(db, project, new_schema):
    """The names come from the catalog, so env.py's map does not apply to them."""
    other = new_schema()
    db.execute("CREATE TABLE t (n int CHECK (n IS NOT NULL OR n IS NULL))")
    db.execute(f"CREATE TABLE {other}.t (n int CHECK (n IS NOT NULL))")
    project.edit_env(
        "with connectable.connect() as connection:",
        "with connectable.connect().execution_options("
        f'schema_translate_map={{"{db.schema}": "{other}"}}) as connection:',
    )

    (database,) = exported(project).databases

    proven = {
        schema: database.table(QualifiedName("t", schema)).column("n").no_null
        for schema in (db.schema, other)
    }
    assert proven == {db.schema: False, other: True}


def test_settings_are_those_of_the_server(db, project):
    (database,) = exported(project).databases

    for name in ("lock_timeout", "statement_timeout"):
        assert database.settings[name] == db.value(f"SHOW {name}")


def test_only_conditions_on_null_are_asked(db, project, monkeypatch):
    """Each question takes a plan, and most constraints can prove nothing."""
    db.execute(
        "CREATE TABLE t (a int CHECK (a > 0), b int CHECK (b IS NOT NULL AND b > 1),"
        " c int CHECK (NOT (c IS NULL)), d int CHECK (d IS DISTINCT FROM NULL))"
    )
    asked, ask = [], CatalogOracle.has_no_null

    def noted(self, name, column):
        asked.append(column)
        return ask(self, name, column)

    monkeypatch.setattr(CatalogOracle, "has_no_null", noted)

    found = table(exported(project), "t")

    assert asked == ["b", "c", "d"]
    assert [each.no_null for each in found.columns] == [False, True, True, True]


def test_role_without_select_gets_only_declared_proofs(db, project, filled):
    with role(db, "reader") as name:
        run_as(project, name)
        users = table(exported(project), "users")

    known = {each.name: (each.no_null, each.width) for each in users.columns}
    assert (known["id"], known["age"]) == ((True, None), (False, None))
    assert users.rows == 1000


def test_hashes_stand_for_names(db, project, filled):
    facts = exported(project, anonymous=True)
    text = text_of(facts)

    for name in (*NAMES, db.schema, db.database):
        assert f'"{name}"' not in text
    users = facts.databases[0].table(facts.hidden_name(QualifiedName("users")))
    assert users.name == hashed("users", facts.salt)
    types = {facts.hidden(name): name for name in ("id", "email", "felt")}
    known = {types[c.name]: c.type for c in users.columns if c.name in types}
    assert known["email"] == "character varying(50)"
    assert known["felt"].startswith("h")
    assert exported(project, anonymous=True).salt != facts.salt


def test_export_waits_no_longer_than_a_migration(db, project, filled):
    with db.session() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LockNotAvailableError):
            export_facts(project.config())


def test_output_is_a_file(project, filled):
    path = project.ini.with_name("known.json")
    options = ("facts", "export", "--anonymous", "-o")

    done = project.cli(*options, str(path), module="alembic_zdt").ok()
    failed = project.cli(*options, str(path / "below"), module="alembic_zdt")

    assert (done.stdout, done.stderr) == ("", f"wrote {path}\n")
    assert len(json.loads(path.read_text())["salt"]) == 16
    assert failed.rc == 255
    assert "cannot write the facts" in failed.stderr
