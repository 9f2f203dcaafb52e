"""Where nothing is wrong, nothing is found; and nothing is changed."""

from __future__ import annotations

import re

import pytest

from alembic_zdt.commands.doctor import doctor
from alembic_zdt.commands.doctor_output import as_text, exit_code
from alembic_zdt.doctor.examination import CHECKS, POOLER, Diagnosis
from tests.support.output import parsed
from tests.support.project import ROOT
from tests.support.terminal import on_terminal

ENV = "from alembic_zdt import env\nfrom sqlalchemy import *\n"
MODELS = "m = MetaData()\nTable('users', m, Column('id', Integer))\nenv.run(m)\n"
OF_ALL = {*CHECKS, POOLER, "url", "revision-files"}
OF_THE_SERVER = {"server-version", "replication-slot", "replication-lag"}


@pytest.fixture
def healthy(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    project.write(project.env, ENV + MODELS)
    project.revision("r1", "op.execute('SELECT 1')")
    project.upgrade()
    return project


@pytest.mark.compat
def test_nothing_is_found(healthy, driver):
    """All checks are made."""
    found = doctor(healthy.config())

    others = [each for each in found.findings if each.check not in OF_THE_SERVER]
    assert others == []
    assert found.unchecked == {}
    assert set(found.checked) == OF_ALL


def test_nothing_is_changed(db, healthy, driver):
    before = db.catalog()
    sums = db.checksums()

    doctor(healthy.config())

    assert db.catalog() == before
    assert db.checksums() == sums


def test_database_without_anything(db, project, driver):
    """Not even a version table; and none is made."""
    project.revision("r1", "op.execute('SELECT 1')")

    found = doctor(project.config())

    assert found.unchecked == {}
    assert "1 revision is pending" in " ".join(each.message for each in found.findings)
    assert not db.exists("alembic_version")


def test_exit_codes_and_json(db, healthy):
    """0 with notes alone, 1 with a warning, 2 with an error."""
    ask = ("doctor", "--json")
    done = healthy.cli(*ask, module="alembic_zdt")
    assert done.rc == 0, done.output
    said = parsed("doctor", done.stdout)
    assert set(said["checked"]) == OF_ALL
    assert said["unchecked"] == []

    db.execute("ALTER TABLE users ADD CHECK (id > 0) NOT VALID")
    done = healthy.cli(*ask, module="alembic_zdt")
    assert done.rc == 1, done.output
    (found,) = [
        each
        for each in parsed("doctor", done.stdout)["findings"]
        if each["severity"] == "warning"
    ]
    assert found["check"] == "not-valid-constraint"
    assert "op.validate_constraint('users_id_check'" in found["suggestion"]

    db.execute("UPDATE alembic_version SET version_num = 'gone'")
    done = healthy.cli("doctor", module="alembic_zdt")
    assert done.rc == 2, done.output
    assert done.stdout.startswith("error: revisions: the database is at gone")


def test_failing_check_is_named_and_the_others_are_made(healthy, db, monkeypatch):
    """Its transaction is not theirs."""

    def failing(subject):
        subject.database.rows("SELECT 1 / 0")
        return ()

    monkeypatch.setattr(
        "alembic_zdt.commands.doctor.CHECKS", {"first": failing, **CHECKS}
    )
    monkeypatch.setattr(
        "alembic_zdt.doctor.examination.CHECKS", {"first": failing, **CHECKS}
    )

    found = doctor(healthy.config())

    assert found.unchecked == {"first": "division by zero"}
    assert set(found.checked) == OF_ALL


def test_it_waits_for_nobody(db, healthy, driver):
    """Somebody changes a table meanwhile."""
    with db.holding("LOCK TABLE users"):
        found = doctor(healthy.config())

    assert set(found.checked) | set(found.unchecked) == OF_ALL
    assert set(found.unchecked) <= {"key-near-end", "half-way"}


def test_locked_version_table_is_not_waited_for(db, healthy, driver):
    with db.holding("LOCK TABLE alembic_version"):
        found = doctor(healthy.config())

    (failed,) = [each for each in found.findings if each.check == "connection"]
    assert "the version table cannot be read" in failed.message
    assert "Another session locks" in failed.suggestion


def test_locked_tables_are_not_waited_for_in_autocommit_mode(db, project):
    """SET LOCAL has no effect there."""
    pool = "poolclass=pool.NullPool,"
    project.edit_env(pool, f'{pool} isolation_level="AUTOCOMMIT",')
    db.execute("CREATE TABLE users (id serial PRIMARY KEY)")
    project.revision("r1")
    project.upgrade()

    with db.holding("LOCK TABLE users"):
        found = doctor(project.config())
    with db.holding("LOCK TABLE alembic_version"):
        locked = doctor(project.config())

    assert set(found.unchecked) <= {"key-near-end", "half-way"}
    assert "connection" in {each.check for each in locked.findings}


def test_terminal_shows_a_table(db, healthy):
    """With rich, whatever the objects are called."""
    db.execute('CREATE TABLE "[/] [red]" (id int)')
    db.execute('ALTER TABLE "[/] [red]" ADD CONSTRAINT c CHECK (id > 0) NOT VALID')
    code, screen = on_terminal(["-c", healthy.ini, "doctor"], healthy.folder)

    assert code == 1
    assert re.search(r"check\W.*what\W.*fix", screen)
    assert "[/] [red]" in screen
    assert re.search(r"\d+ checks, 1 warning", screen)


def test_check_with_a_fault_of_its_own_does_not_end_the_others():
    def broken():
        yield from ()
        raise KeyError("x")

    diagnosis = Diagnosis()
    diagnosis.add("first", broken())
    diagnosis.add("second", ())
    diagnosis.unchecked["third"] = diagnosis.unchecked["first"]

    assert diagnosis.unchecked["first"] == "KeyError: 'x'"
    assert diagnosis.checked == ["second"]
    assert exit_code(diagnosis) == 1
    assert next(iter(as_text(diagnosis))) == "not checked: first, third: KeyError: 'x'"


def test_each_check_is_in_the_documentation():
    text = (ROOT / "docs" / "doctor.md").read_text()

    for name in OF_ALL:
        assert f"| `{name}` |" in text
