"""Where the targets of a fleet are listed, and what is wrong with a list."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import SettingError, UsageError
from alembic_zdt.fleet.fleet_settings import fleet_settings
from alembic_zdt.fleet.fleet_status import fleet_status
from alembic_zdt.fleet.targets import FleetTarget, chosen, targets_of

FILE = """
[[targets]]
name = "a"
schema = "tenant a"
group = "gold"

[[targets]]
name = "b"
url = "postgresql://b.example:6432/app?sslmode=require"

[[targets]]
name = "c"
url = "${ZDT_TEST_URL}"
schema = "c"
"""


@pytest.fixture
def listed(project):
    """A function that writes the settings, and returns the targets."""

    def read(**settings):
        section = "".join(f"{name} = {value}\n" for name, value in settings.items())
        text = project.ini.read_text().partition("\n[alembic_zdt.fleet]\n")[0]
        project.write(project.ini, f"{text}\n[alembic_zdt.fleet]\n{section}")
        config = project.config()
        return targets_of(config, fleet_settings(config))

    return read


def test_targets_of_a_file(project, db, listed, monkeypatch):
    """A target without a URL is a schema of the control database."""
    monkeypatch.setenv("ZDT_TEST_URL", "postgresql://user:secret@c.example/app")
    project.write("targets.toml", FILE)

    a, b, c = listed(targets_file="targets.toml")

    assert a == FleetTarget("a", db.url(), "tenant a", "gold")
    assert (b.name, b.schema, b.server) == ("b", "", "b.example:6432")
    assert (c.url, c.schema) == ("postgresql://user:secret@c.example/app", "c")


def test_targets_of_a_function(project, db, listed):
    """It may return names of schemas, mappings, or objects with these attributes."""
    project.write(
        "tenants_of_test.py",
        "import types, sqlalchemy\n"
        "def targets():\n"
        "    yield 'one'\n"
        "    yield {'name': 'two', 'schema': 's2', 'group': None}\n"
        "    yield types.SimpleNamespace(name='three', schema='s3')\n"
        "    yield {'name': 'four', 'url': sqlalchemy.make_url('postgresql://u:p@h/d')}\n",
    )

    found = listed(targets="tenants_of_test:targets")

    assert found == [
        FleetTarget("one", db.url(), "one"),
        FleetTarget("two", db.url(), "s2"),
        FleetTarget("three", db.url(), "s3"),
        FleetTarget("four", "postgresql://u:p@h/d"),
    ]


def test_targets_of_a_query(listed):
    names = [
        each.name for each in listed(targets_query="SELECT 'x' AS name, 's' AS schema")
    ]

    assert names == ["x"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[targets]]\nschema = 's'", "a target of the fleet has no name"),
        ("[[targets]]\nname = 'a'", 'target "a" has neither a URL nor a schema'),
        ("[[targets]]\nname = 'a'\nurl = 'x y'", 'the URL of target "a" is not a URL'),
        (
            "[[targets]]\nname = 'a'\nurl = 'postgresql://u:secret/x'",
            'the URL of target "a" is not a URL',
        ),
        (
            "[[targets]]\nname = 'a'\nschema = 'a'\n" * 2,
            'two targets of the fleet are named "a"',
        ),
        ("[[targets]", 'cannot read the targets in "targets.toml"'),
    ],
)
def test_target_that_is_not_described_in_full(project, listed, text, said):
    project.write("targets.toml", text)

    with pytest.raises(UsageError, match=said):
        listed(targets_file="targets.toml")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "none of them is set"),
        (
            {"targets": "a:b", "targets_query": "SELECT"},
            "targets and targets_query are",
        ),
        ({"target_file": "x"}, 'unknown setting "target_file"'),
    ],
)
def test_settings_name_one_list(listed, settings, said):
    with pytest.raises(SettingError, match=said):
        listed(**settings)


def test_query_is_sent_as_it_is_written(listed):
    query = "SELECT 'a' AS name, '{\"x\":1}' AS schema WHERE 'a' LIKE 'a%%'"
    (found,) = listed(targets_query=query)

    assert found.schema == '{"x":1}'
    with pytest.raises(UsageError, match="the query for the targets of the fleet"):
        listed(targets_query="SELECT nothing")


@pytest.mark.parametrize("path", ["no_such_module:f", "json:no_such_function", "json"])
def test_function_that_cannot_be_imported(listed, path):
    with pytest.raises(UsageError, match=f'cannot import "{path}"'):
        listed(targets=path)


def test_patterns_match_names_and_groups():
    fleet = [FleetTarget(n, group=g) for n, g in (("a1", "x"), ("a2", ""), ("b1", "x"))]

    def names(only=(), skip=()):
        return [each.name for each in chosen(fleet, only, skip)]

    assert names() == ["a1", "a2", "b1"]
    assert names(["a*"]) == ["a1", "a2"]
    assert names(["x"]) == ["a1", "b1"]
    assert names(["a*"], ["x"]) == ["a2"]
    with pytest.raises(UsageError, match='no target matches "c\\*"'):
        names(["a*", "c*"])


def test_status_of_targets_that_are_behind_unreachable_or_newer(
    project, db, new_schema, listed
):
    """The others are asked although one server does not answer."""
    project.revision("r1")
    project.revision("r2")
    schemas = [new_schema() for _ in range(3)]
    broken = new_schema()
    db.execute(f"CREATE TABLE {broken}.alembic_version (other text)")
    for schema, revision in zip(schemas, ("r1", "r2", "r9"), strict=True):
        db.execute(f"CREATE TABLE {schema}.alembic_version (version_num text)")
        db.execute(f"INSERT INTO {schema}.alembic_version VALUES ('{revision}')")
    entries = [f"[[targets]]\nname = '{s}'\nschema = '{s}'\n" for s in schemas]
    entries.append(f"[[targets]]\nname = 'broken'\nschema = '{broken}'\n")
    entries.append("[[targets]]\nname = 'empty'\nschema = 'nothing here'\n")
    entries.append("[[targets]]\nname = 'gone'\nurl = 'postgresql://localhost:1/x'\n")
    project.write("targets.toml", "".join(entries))
    listed(targets_file="targets.toml")

    found = {each.name: each for each in fleet_status(project.config()).targets}

    behind, at_head, newer, unreadable, empty, gone = found.values()
    assert (behind.heads, behind.pending) == (("r1",), ("r2",))
    assert (at_head.heads, at_head.pending) == (("r2",), ())
    assert "r9" in newer.error
    assert "version_num" in unreadable.error
    assert (empty.heads, empty.pending) == ((), ("r1", "r2"))
    assert "localhost" in gone.error


def test_names_of_the_tables_are_quoted(project, db, new_schema, listed):
    """A schema may have any name."""
    project.revision("r1")
    odd = new_schema() + ' "it\'s" 100%:x'
    quoted = '"' + odd.replace('"', '""') + '"'
    db.execute(f"CREATE SCHEMA {quoted}")
    listed(
        targets_query="SELECT nspname AS name, nspname AS schema FROM pg_namespace"
        " WHERE nspname LIKE '%%\"it%%'"
    )

    (found,) = fleet_status(project.config()).targets

    assert (found.name, found.pending, found.error) == (odd, ("r1",), "")
    db.execute(f"DROP SCHEMA {quoted}")


def test_no_table_of_runs_is_made_by_looking(project, db, listed):
    project.revision("r1")
    listed(targets_query="SELECT 'a' AS name, 'a' AS schema")

    found = fleet_status(project.config())

    assert found.run is None
    assert not db.exists("alembic_zdt_fleet_run")
