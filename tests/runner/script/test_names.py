"""Whatever a name holds, a script means what the online run does."""

from __future__ import annotations

import pytest

from tests.runner.script.scripts import FLAVORS, replay_through_driver
from tests.support.db import quoted

VICTIM = "CREATE TABLE victim ()"
BREAKS_OUT = "x\nDROP TABLE victim; --"
NASTY = {
    "newline": BREAKS_OUT,
    "carriage-return": "x\rDROP TABLE victim; --",
    "quotes": """it's "so" $1 ''""",
    "percent": "100% %s %1$I %",
    "colons": """a:b :'c' :"d" ::int""",
    "backslashes": r"a\b \\ \' \gexec \q",
    "dollars": "a$zdt$b$sql$ c$sql",
    "braces": '{a,"b"}',
    "line-separators": "a\x0bb\x0cc\u2028d",
}
every_flavor = pytest.mark.parametrize("flavor", FLAVORS)
every_nasty = pytest.mark.parametrize(
    "name", [pytest.param(text, id=key) for key, text in NASTY.items()]
)
strings = pytest.mark.parametrize(
    "conforming",
    [
        pytest.param("on", id="conforming-strings"),
        pytest.param("off", id="old-strings", marks=pytest.mark.pg("<19")),
    ],
)  # 19 refuses to switch them off


def run(project, flavor, conforming, **options):
    """Replay a script in a session with this standard_conforming_strings."""
    script = f"SET standard_conforming_strings = {conforming};\n" + project.sql(
        flavor=flavor, **options
    )
    if flavor == "psql" or conforming == "off":
        project.psql(script).ok()
    else:
        replay_through_driver(project, script)


@strings
@every_nasty
@every_flavor
def test_script_with_a_nasty_name_equals_the_online_run(
    db, project, flavor, name, conforming
):
    """One name for everything that has one, and a condition that holds it too."""
    db.execute(VICTIM)
    db.execute(f"CREATE TABLE {quoted(name)} ({quoted(name)} text)")
    text = name.replace("'", "''").replace("\\", "/")
    condition = f"{quoted(name)} <> '{text}'"
    i, k, u = (repr(letter + name) for letter in "iku")
    t = repr(name)
    project.revision(
        "r1",
        f"op.create_index_concurrently({i}, {t}, [{t}])\n"
        f"op.create_check_constraint_two_phase({k}, {t}, {condition!r})\n"
        f"op.add_not_null_two_phase({t}, {t})\n"
        f"op.drop_index_concurrently({i}, {t})\n"
        f"op.create_unique_constraint_concurrently({u}, {t}, [{t}])\n",
        f"op.drop_constraint_safely({u}, {t})\n"
        f"op.drop_not_null({t}, {t})\n"
        f"op.drop_constraint_safely({k}, {t})\n",
    )
    project.upgrade()
    online = db.catalog()
    project.downgrade()
    db.execute("DROP TABLE alembic_version")

    run(project, flavor, conforming)

    assert db.catalog() == online


@every_nasty
def test_partition_with_a_nasty_name_equals_the_online_run(db, project, name):
    """Here the name comes from the catalog, when the script is run."""
    db.execute(VICTIM)
    partitioned(db, "events", name)
    compare_with_online(db, project)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("p" * 63, id="63-bytes"),
        pytest.param("ü" * 31, id="62-bytes-of-2"),
        pytest.param("a" + "ü" * 31, id="63-bytes-of-2"),
        pytest.param("日" * 21, id="63-bytes-of-3"),
        pytest.param("p" * 51, id="63-bytes-with-the-index"),
        pytest.param("p" * 52, id="64-bytes-with-the-index"),
    ],
)
def test_index_of_a_partition_with_a_long_name_is_named_as_online(db, project, name):
    """Cut at a character, with the same hash at its end."""
    partitioned(db, "events", name)
    compare_with_online(db, project, index="ix_of_event")


def partitioned(db, table, name):
    """Two levels, both named by *name*."""
    db.execute(f"CREATE TABLE {table} (id int, body text) PARTITION BY RANGE (id)")
    db.execute(
        f"CREATE TABLE {quoted(name)} PARTITION OF {table}"
        " FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id)"
    )
    db.execute(
        f"CREATE TABLE {quoted('l' + name[1:])} PARTITION OF {quoted(name)}"
        " FOR VALUES FROM (0) TO (5)"
    )


def compare_with_online(db, project, index="ix"):
    """Build online, drop, build by a script; drop that by a script."""
    before = db.catalog()
    project.revision(
        "r1",
        f'op.create_index_concurrently("{index}", "events", ["body"])',
        f'op.drop_index_concurrently("{index}")',
    )
    project.upgrade()
    online = db.catalog()
    project.downgrade()
    db.execute("DROP TABLE alembic_version")

    project.psql(project.sql(flavor="psql")).ok()
    assert db.catalog() == online
    project.psql(project.sql("r1:base", flavor="psql", down=True)).ok()
    assert db.catalog() == before


@every_flavor
def test_no_comment_is_broken_out_of(project, flavor):
    """Every line of a comment with a name in it begins as a comment."""
    project.revision(
        "r1",
        f"op.create_index_concurrently({BREAKS_OUT!r}, {BREAKS_OUT!r}, ['a'])\n"
        f"op.drop_not_null({BREAKS_OUT!r}, {BREAKS_OUT!r})",
    )

    script = project.sql(flavor=flavor)

    comments = [line for line in script.split("\n") if line.startswith("-- ")]
    assert '-- alembic_zdt: create index "x DROP TABLE victim; --"' in comments
    assert "\r" not in script


@every_flavor
def test_line_breaks_inside_of_a_condition_are_kept(db, project, flavor):
    """A string constant over two lines is not indented."""
    db.execute("CREATE TABLE users (name text)")
    project.revision(
        "r1",
        """op.create_check_constraint_two_phase("ck", "users", "name <> 'a\\nb'")""",
    )

    project.psql(project.sql(flavor=flavor)).ok()

    assert db.refuses("INSERT INTO users VALUES (E'a\\nb')", "23514")


def test_line_breaks_inside_of_a_condition_are_kept_online(db, project, driver):
    """Online it is sent inside of a block as well."""
    db.execute("CREATE TABLE users (name text)")
    project.revision(
        "r1",
        """op.create_check_constraint_two_phase("ck", "users", "name <> 'a\\nb'")""",
    )

    project.upgrade()

    assert db.refuses("INSERT INTO users VALUES (E'a\\nb')", "23514")
