"""Every story with names that break code which forgets to quote or to escape."""

from __future__ import annotations

import dataclasses

import pytest

from tests.operations.stories import STORIES
from tests.support.db import quoted
from tests.support.names import PLAIN, every_name

# What our own PL/pgSQL blocks call their variables.
VARIABLES = ("began", "locked", "tries", "found")
every_story = pytest.mark.parametrize("story", STORIES)


def prepare(db, story, names):
    db.execute(
        f"CREATE TABLE {names.t} (id int, {names.c} text, {names.n} text);"
        f"INSERT INTO {names.t} SELECT n, n::text, n::text FROM generate_series(1, 9) n"
    )
    for statement in STORIES[story].setup(names):
        db.execute(statement)


def up_down_up(db, project, story, names):
    upgrade, downgrade = STORIES[story].upgrade, STORIES[story].downgrade
    project.revision("r1", upgrade(names), downgrade(names))
    before = db.catalog(names.schema)

    project.upgrade()
    after = db.catalog(names.schema)
    assert after != before or story == "reindex"

    project.downgrade()
    assert db.catalog(names.schema) == before

    project.upgrade()
    assert db.catalog(names.schema) == after
    return after


@pytest.mark.drivers_by_turns
@pytest.mark.names_by_turns
@every_name
@every_story
def test_every_way_ends_alike(db, project, driver, names, story):
    """Up works, down leaves no trace, up gives the same again.

    So does a second run after one that died before alembic_version was written, and a
    script of ``--sql``, which quotes and escapes as the online run does.

    Each story, and each kind of name, meets both drivers.  Without ZDT_TEST_FULL=1
    each story has the hardest names, and one of the others.
    """
    prepare(db, story, names)
    after = up_down_up(db, project, story, names)
    db.execute("DELETE FROM alembic_version")

    project.upgrade()
    assert db.catalog(names.schema) == after
    assert project.current == ["r1"]

    project.downgrade()
    db.execute("DROP TABLE alembic_version")
    project.psql(project.sql("base:head", flavor="psql")).ok()
    assert db.catalog(names.schema) == after


def script_equals_online_run(db, project, story, names):
    upgrade, downgrade = STORIES[story].upgrade, STORIES[story].downgrade
    prepare(db, story, names)
    project.revision("r1", upgrade(names), downgrade(names))
    project.upgrade()
    online = db.catalog(names.schema)
    project.downgrade()
    db.execute("DROP TABLE alembic_version")

    project.psql(project.sql("base:head", flavor="plain")).ok()

    assert db.catalog(names.schema) == online


@pytest.mark.parametrize("names", ["punctuation", "exotic-schema"], indirect=True)
@every_story
def test_plain_script_gives_the_same_catalog(db, project, names, story):
    """The same of the script for other runners."""
    script_equals_online_run(db, project, story, names)


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("story", ["not-null", "check", "foreign-key", "primary-key"])
def test_column_named_like_a_variable_of_ours(db, project, story, variable):
    """PL/pgSQL must not take the column for its variable, nor the other way round."""
    names = dataclasses.replace(PLAIN, column=variable, new_column=f"{variable}_2")
    prepare(db, story, names)
    up_down_up(db, project, story, names)


@pytest.mark.parametrize("variable", ["began", "tries"])
@pytest.mark.parametrize("story", ["not-null", "check", "foreign-key", "primary-key"])
def test_column_named_like_a_variable_of_a_script(db, project, story, variable):
    """The same for the blocks of a script."""
    names = dataclasses.replace(PLAIN, column=variable, new_column=f"{variable}_2")
    script_equals_online_run(db, project, story, names)


@pytest.mark.parametrize("variable", VARIABLES)
def test_table_named_like_a_variable_of_ours(db, project, variable):
    """The same for a table."""
    names = dataclasses.replace(PLAIN, table=variable)
    prepare(db, "check", names)
    up_down_up(db, project, "check", names)


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"], indirect=True)
@pytest.mark.parametrize("value", ['it\'s "50%" :x', "ü" * 31, r"back\slash", "select"])
def test_enum_with_exotic_names(db, project, driver, value):
    """The type and its value are quoted and escaped.

    Each driver runs half of them.
    """
    db.execute(f"CREATE TYPE {quoted(value)} AS ENUM ('one')")
    project.revision("r1", f"op.add_enum_value({value!r}, {value!r}, before='one')")

    project.upgrade()

    assert db.column(f"SELECT unnest(enum_range(NULL::{quoted(value)}))::text") == [
        value,
        "one",
    ]
