"""``--json`` of each command prints what the schema says, and the page has its keys."""

from __future__ import annotations

import re

import jsonschema
import psycopg
import pytest
from jsonschema import Draft202012Validator

from tests.docs.command_lines import subcommands
from tests.support.output import parsed, schema_of, valid
from tools.docs_json import page, schema

SETUP = "CREATE TABLE users (id int PRIMARY KEY, email text)"
RENAMED = """
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("mail", sa.Text))
"""
RENAME = 'op.expand_rename_column("users", "email", "mail")'


def keys(part):
    """All keys, also those of the objects in it."""
    for name, value in part.get("properties", {}).items():
        yield name
        yield from keys(value.get("items", {}))
        for each in value.get("oneOf", ()):
            yield from keys(each)


def parts(value):
    """Each part of the schema that is an object."""
    if isinstance(value, dict):
        if "properties" in value:
            yield value
        for each in value.values():
            yield from parts(each)
    elif isinstance(value, list):
        for each in value:
            yield from parts(each)


def test_schema_is_one():
    Draft202012Validator.check_schema(schema())


def test_schema_allows_no_other_keys():
    """Nor does it let one be absent."""
    found = list(parts(schema()["$defs"]))

    assert found
    for each in found:
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])


def test_each_command_with_json_has_a_schema():
    named = {
        part["description"]
        for part in schema()["$defs"].values()
        if "schema" in part["properties"]
    }
    files = {each for each in named if each.endswith(" FILE")}

    dry = "alembic-zdt fleet upgrade --dry-run --json"

    assert named - files - {dry} == {
        f"alembic-zdt {command} --json"
        for command, parser in every_parser()
        for action in parser._actions
        if "--json" in action.option_strings and action.nargs == 0
    }
    assert dry in named
    assert files == {
        "alembic-zdt facts export -o FILE",
        "alembic-zdt lint --write-baseline FILE",
        "alembic-zdt rehearse --json FILE",
    }


def every_parser():
    """Name -> parser, of each command and each action of one."""
    for name, parser in subcommands().items():
        yield name, parser
        for action in parser._actions:
            if isinstance(action.choices, dict):
                yield from ((f"{name} {a}", p) for a, p in action.choices.items())


def test_each_key_is_on_the_page():
    found = set(re.findall(r"^\| `(?:\w+(?:\[\])?\.)*(\w+)` \|", page(), re.MULTILINE))

    assert found == {key for part in schema()["$defs"].values() for key in keys(part)}


@pytest.mark.parametrize("change", [{"words": ""}, {"severity": "advice"}])
def test_another_key_or_value_fails(change):
    finding = dict.fromkeys(schema_of("finding")["properties"], "x")
    finding["severity"] = "note"
    assert valid("check", {"findings": [finding]})

    with pytest.raises(jsonschema.ValidationError):
        valid("check", {"findings": [finding | change]})


@pytest.fixture
def worst(db, project):
    """With a finding of each kind, and a workflow in each state."""
    db.execute(SETUP)
    db.execute("INSERT INTO users VALUES (1, 'a'), (2, 'a')")
    db.execute("CREATE TABLE b (id int PRIMARY KEY, n int)")
    db.execute("INSERT INTO b VALUES (1)")
    project.models(RENAMED)
    project.revision("r1", RENAME)
    project.revision("r2", 'op.backfill("b", {"n": "id"}, mode="background")')
    project.upgrade()
    project.revision("r3", 'op.execute("SELECT 1")')
    db.execute("ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 1) NOT VALID")
    with pytest.raises(psycopg.errors.UniqueViolation):
        db.execute("CREATE UNIQUE INDEX CONCURRENTLY ix ON users (email)")
    (name,) = db.column("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    db.execute(f'DROP TRIGGER "{name}" ON users')
    db.execute("UPDATE alembic_zdt_revision SET hash = 'edited' WHERE revision = 'r1'")
    return project


def test_state_in_which_everything_is_wrong(db, worst):
    """Each finding names its check, its object and its database."""
    done = worst.cli("status", "--json", module="alembic_zdt")
    (found,) = parsed("status", done.stdout)["databases"]
    assert done.rc == 10
    assert found["database"] == db.database
    assert [each["status"] for each in found["backfills"]] == ["queued"]
    assert [(each["check"], each["object"]) for each in found["findings"][1:]] == [
        ("invalid-index", f"{db.schema}.ix"),
        ("edited-revision", "r1"),
        ("unwritten-contract", "r1"),
    ]
    assert found["findings"][0]["check"] == "missing-trigger"

    worst.run("stamp", "head")
    done = worst.cli("check", "--json", module="alembic_zdt")
    checks = {each["check"] for each in parsed("check", done.stdout)["findings"]}
    assert checks == {
        *("model-difference", "invalid-index", "not-valid-constraint"),
        *("missing-trigger", "unwritten-contract"),
    }
    done = worst.cli("doctor", "--json", module="alembic_zdt")
    assert parsed("doctor", done.stdout)["findings"]
    done = worst.cli("plan", "--downgrade", "base", "--json", module="alembic_zdt")
    assert len(parsed("plan", done.stdout)["revisions"]) == 3


def test_database_that_is_not_reached(project):
    """Only what needs it is unknown."""
    project.revision("r1", "op.no_such_call()")
    project.write(project.env, "raise RuntimeError")

    linted = project.cli("lint", "--json", module="alembic_zdt")
    doctor = project.cli("doctor", "--json", module="alembic_zdt")

    (unchecked, *_) = parsed("lint", linted.stdout)["unchecked"]
    assert (unchecked["revision"], unchecked["line"]) == (None, None)
    assert {"check": "ownership", "reason": "env.py could not be run"} in parsed(
        "doctor", doctor.stdout
    )["unchecked"]
