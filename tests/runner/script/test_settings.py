"""The settings that a script is written with."""

from __future__ import annotations

import pytest

from tests.runner.script.scripts import FLAVORS

NOT_NULL = 'op.add_not_null_two_phase("users", "email")'
every_flavor = pytest.mark.parametrize("flavor", FLAVORS)


@every_flavor
def test_bound_and_deadline_are_in_the_script(project, flavor):
    """As they were set, in units that can be read."""
    project.revision("r1", NOT_NULL)

    script = project.sql(
        flavor=flavor, x=["zdt.lock_timeout=1.5s", "zdt.lock_deadline=2min"]
    )

    assert (
        "CALL pg_temp.zdt_begin(lock_timeout => '1500 ms', lock_deadline => '120 s');"
        in script
    )


@every_flavor
def test_script_for_14_leaves_a_column_not_null(db, project, flavor):
    """On every server that the tests run on, 18 included, and proven there."""
    db.execute("CREATE TABLE users (email text)")
    project.revision("r1", NOT_NULL)

    project.psql(project.sql(flavor=flavor)).ok()

    assert db.refuses("INSERT INTO users VALUES (NULL)", "23502")
    assert not db.rows(
        "SELECT FROM pg_constraint WHERE conrelid = 'users'::regclass"
        " AND (contype = 'c' OR NOT convalidated)"
    )


@pytest.mark.pg(">=18")
@every_flavor
def test_script_for_18_adds_a_not_null_constraint(db, project, flavor):
    """NOT VALID first, then validated; one strong lock instead of two."""
    db.execute("CREATE TABLE users (email text)")
    project.revision("r1", NOT_NULL, 'op.drop_not_null("users", "email")')
    script = project.sql(flavor=flavor, x=["zdt.target_version=18"])

    assert script.count("ACCESS EXCLUSIVE on users") == 1
    assert "object =>" not in script  # there is no CHECK to compare
    project.psql(script).ok()

    assert db.rows(
        "SELECT conname, contype::text, convalidated FROM pg_constraint"
        " WHERE conrelid = 'users'::regclass"
    ) == [("users_email_not_null", "n", True)]
