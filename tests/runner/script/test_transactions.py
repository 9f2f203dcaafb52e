"""BEGIN and COMMIT of a script, whatever Alembic and the user do around us."""

from __future__ import annotations

import re

import pytest

from tests.runner.script.scripts import FLAVORS

INDEX = 'op.create_index_concurrently("ix_users_email", "users", ["email"])'
NOT_NULL = 'op.add_not_null_two_phase("users", "email")'
OWN_BLOCK = f"""
op.execute("UPDATE users SET email = 'x' WHERE email IS NULL")
with op.get_context().autocommit_block():
    op.execute("VACUUM users")
    {INDEX}
    {NOT_NULL}
    op.execute("VACUUM users")
op.execute("UPDATE users SET email = 'y'")
"""
SEVERAL = f"""
{INDEX}
{NOT_NULL}
op.execute("UPDATE users SET email = 'y'")
op.drop_not_null("users", "email")
"""
OPTIONS = [
    pytest.param({}, id="default"),
    pytest.param({"transaction_per_migration": True}, id="per-migration"),
    pytest.param({"transactional_ddl": False}, id="no-transactions"),
    pytest.param(
        {"transactional_ddl": False, "transaction_per_migration": True},
        id="no-transactions-per-migration",
    ),
]


def transactions(script):
    """BEGIN and COMMIT in their order, those inside of blocks left out."""
    return re.findall(r"^(BEGIN|COMMIT);$", script, flags=re.MULTILINE)


@pytest.mark.parametrize("flavor", FLAVORS)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(
    "body", [OWN_BLOCK, SEVERAL], ids=["autocommit-block", "several"]
)
def test_transactions_are_balanced(db, project, body, options, flavor):
    """Each BEGIN has its COMMIT, and psql has nothing to warn about."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users VALUES (1, NULL), (2, 'b')")
    body = (
        body
        if body is OWN_BLOCK
        else f"op.execute('UPDATE users SET email = 1')\n{body}"
    )
    project.configure(**options)
    project.revision("r1", body, "pass")
    project.revision("r2", "op.execute('SELECT 1')", "pass")
    script = project.sql(flavor=flavor)

    found = transactions(script)
    assert found == ["BEGIN", "COMMIT"] * (len(found) // 2)
    assert bool(found) is options.get("transactional_ddl", True)
    replay = project.psql(script).ok()

    assert "WARNING" not in replay.stderr
    assert db.index("ix_users_email").is_valid
    assert project.current == ["r2"]
    assert db.column("SELECT DISTINCT email FROM users") == ["y"]


@pytest.mark.parametrize("flavor", FLAVORS)
def test_what_steps_share_is_written_once(project, flavor):
    """At the first directive of a script, not at each."""
    project.revision("r1", INDEX)
    project.revision("r2", NOT_NULL)

    script = project.sql(flavor=flavor)

    assert script.count("CREATE OR REPLACE PROCEDURE pg_temp.zdt_step(") == 1
    assert script.count(r"\set ON_ERROR_STOP on") == (flavor == "psql")
    assert script.count("CALL pg_temp.zdt_begin(") == 2


def test_script_without_directives_is_left_alone(project):
    """Nothing of ours where nobody asked for it."""
    project.revision("r1", "op.execute('SELECT 1')")

    assert "zdt" not in project.sql()


def test_revisions_in_psql_stop_at_the_first_error(db, project):
    r"""``\set ON_ERROR_STOP on`` is in the script itself."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision("r1", f"{INDEX}\nop.execute('SELECT 1 / 0')\n{NOT_NULL}")
    script = project.sql(flavor="psql")

    replay = project.psql(r"\unset ON_ERROR_STOP" + "\n" + script)

    assert replay.rc == 3
    assert "division by zero" in replay.stderr
    assert db.index("ix_users_email").is_valid
    assert db.accepts("INSERT INTO users VALUES (1, NULL)")


REFUSED = 'op.expand_rename_column("users", "email", "email")'


@pytest.mark.parametrize("flavor", FLAVORS)
@pytest.mark.parametrize("before", ["", f"{INDEX}\n"], ids=["first", "later"])
def test_script_of_a_refused_call_ends_with_an_error(db, project, flavor, before):
    """It has no COMMIT behind the call, and psql must not pass over that."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision("r1", f"op.execute('CREATE TABLE t (a int)')\n{before}{REFUSED}")
    said = project.cli("-x", f"zdt.sql_flavor={flavor}", "upgrade", "head", "--sql")
    assert said.rc != 0

    replayed = project.psql(said.stdout)

    assert replayed.rc == 3
    assert "this script is incomplete: " in replayed.stderr
    assert "HINT:  Correct what alembic has refused" in replayed.stderr
    assert project.current == []
    assert db.exists("t") is bool(before)
