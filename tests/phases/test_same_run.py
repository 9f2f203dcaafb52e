"""A contract refuses to run in the run that began its window, where that could hurt."""

from __future__ import annotations

import secrets

import pytest

from alembic_zdt.errors import GateClosedError
from tests.support.db import Db
from tests.support.project import Project
from tests.support.workflows import renaming, retyping

WORKFLOWS = {
    "rename": renaming("users", "email", "mail").splitlines(),
    "type": retyping(
        "users", "email", "sa.String(80)", "existing_type=sa.Text()"
    ).splitlines(),
}
FINAL = {"rename": "mail", "type": "email"}


@pytest.fixture(params=WORKFLOWS)
def workflow(db, project, request, monkeypatch):
    """Three revisions, where nothing is allowed."""
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    for number, call in enumerate(WORKFLOWS[request.param], start=1):
        project.revision(f"r{number}", call)
    return FINAL[request.param]


def fill(db):
    db.execute("INSERT INTO users VALUES (1, 'a')")


def test_the_contract_waits_for_the_next_run(db, project, driver, workflow):
    """The rows are there, and so is another session: the test's."""
    fill(db)

    with pytest.raises(GateClosedError, match="in this very run"):
        project.upgrade()
    assert project.current == ["r2"]

    project.upgrade()
    assert project.current == ["r3"]
    assert db.value(f"SELECT {workflow} FROM users") == "a"


def test_where_there_are_no_rows_nothing_waits(project, workflow):
    project.upgrade()

    assert project.current == ["r3"]


@pytest.fixture
def empty_database(admin, cluster):
    """A database to which nobody is connected."""
    name = f"zdt_alone_{secrets.token_hex(4)}"
    admin.execute(f"CREATE DATABASE {name}")
    yield Db(cluster, name, "public")
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_where_nobody_else_is_connected_nothing_waits(
    empty_database, tmp_path, monkeypatch
):
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    empty_database.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    fill(empty_database)
    project = Project(tmp_path, empty_database)
    project.revision("r1", "\n".join(WORKFLOWS["rename"]))
    empty_database.close()

    project.upgrade()

    again = Db(empty_database.server, empty_database.database, "public")
    found = again.value("SELECT mail FROM users")
    again.close()
    assert found == "a"


def test_it_can_be_allowed_for_a_run(db, project, workflow):
    fill(db)

    project.upgrade(x=["zdt.allow_same_run=true"])

    assert project.current == ["r3"]


def test_it_can_be_allowed_by_the_environment(db, project, workflow, monkeypatch):
    fill(db)
    monkeypatch.setenv("ZDT_ALLOW_SAME_RUN", "1")

    project.upgrade()

    assert project.current == ["r3"]


def test_a_script_waits_too(db, project, workflow):
    fill(db)

    refused = project.psql(project.sql())
    assert refused.rc != 0
    assert "of the same run" in refused.stderr
    assert project.current == ["r2"]

    project.psql(project.sql("r2:r3")).ok()
    assert project.current == ["r3"]


def test_a_script_may_be_allowed(db, project, workflow):
    fill(db)

    project.psql(project.sql(x=["zdt.allow_same_run=true"])).ok()

    assert project.current == ["r3"]
