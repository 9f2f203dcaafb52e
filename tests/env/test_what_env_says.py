"""What env.py sets up is seen by every command, as ``alembic upgrade`` sees it."""

from __future__ import annotations

import sys

import pytest

from alembic_zdt import api
from alembic_zdt.commands.doctor import doctor
from alembic_zdt.commands.lint import lint
from tests.support.output import parsed

UNSAFE = 'op.create_index("ix", "users", ["email"])'
LOCATIONS = (
    "context.script.version_locations = [{!r}]\n"
    "import sys, os\n"
    "sys.path.insert(0, {!r})\n"
    "os.environ['ZDT_SHOP'] = 'users'\n"
    "config.set_section_option('alembic_zdt', 'target_version', '15')\n"
)
USES_THEM = (
    "import os, shop_of_env\nassert os.environ['ZDT_SHOP'] == shop_of_env.TABLE\n"
)


@pytest.fixture
def elsewhere(db, project, monkeypatch):
    """A project whose env.py says where revisions, and a module of theirs, are."""
    monkeypatch.setattr("sys.path", list(sys.path))
    monkeypatch.setenv("ZDT_SHOP", "")
    db.execute("CREATE TABLE users (id int, email text)")
    folder = project.folder / "elsewhere"
    project.write("modules/shop_of_env.py", "TABLE = 'users'\n")
    said = LOCATIONS.format(str(folder), str(project.folder / "modules"))
    project.edit_env("target_metadata = None", f"target_metadata = None\n{said}")
    project.versions = folder
    project.revision("r1", USES_THEM + UNSAFE, 'op.drop_index("ix", "users")')
    return project


def zdt(project, *arguments):
    return project.cli(*arguments, module="alembic_zdt")


def test_lint_finds_what_upgrade_runs(elsewhere):
    done = lint(elsewhere.config())

    assert done.revisions == 1
    assert done.unchecked == ()
    assert "create-index" in {found.check for found in done.findings}
    assert lint(elsewhere.config(), downgrade=True).revisions == 1
    assert lint(elsewhere.config(), "base:r1").revisions == 1


def test_settings_of_env_count_for_lint(elsewhere):
    """The version of the server decides what a revision finds and what is safe."""
    elsewhere.revision(
        "r2",
        "version = op.get_bind().dialect.server_version_info[0]\n"
        'assert version == 15, f"it is {version}"\n',
    )

    assert lint(elsewhere.config()).unchecked == ()


def test_commands_before_and_after_an_upgrade(db, elsewhere):
    """None says that there is no revision, or that it has no file."""
    assert zdt(elsewhere, "status").rc == 10
    plan = parsed("plan", zdt(elsewhere, "plan", "--json").ok().stdout)
    assert [each["revision"] for each in plan["revisions"]] == ["r1"]
    assert "CREATE INDEX ix" in zdt(elsewhere, "sql").ok().stdout
    down = zdt(elsewhere, "sql", "--downgrade", "heads:base").ok().stdout
    assert "DROP INDEX ix" in down
    assert zdt(elsewhere, "wait", "--timeout", "0s").rc == 255

    zdt(elsewhere, "-x", "zdt.guard=off", "upgrade").ok()

    assert db.index("ix").is_valid
    assert zdt(elsewhere, "status").rc == 0
    zdt(elsewhere, "wait", "--timeout", "0s").ok()
    zdt(elsewhere, "wait", "--timeout", "0s", "--compatible").ok()
    found = doctor(elsewhere.config())
    assert not [each for each in found.findings if each.check == "revisions"]
    assert found.unchecked == {}
    plan = zdt(elsewhere, "plan", "--downgrade", "base", "--json").ok().stdout
    assert [each["revision"] for each in parsed("plan", plan)["revisions"]] == ["r1"]
    plan = zdt(elsewhere, "plan", "--downgrade", ":base", "--json").ok().stdout
    assert [each["revision"] for each in parsed("plan", plan)["revisions"]] == ["r1"]
    zdt(elsewhere, "downgrade", "base").ok()


def test_contract_finds_workflows(db, elsewhere):
    elsewhere.models(
        'metadata = sa.MetaData()\nsa.Table("users", metadata,'
        ' sa.Column("id", sa.Integer), sa.Column("mail", sa.Text))\n'
    )
    elsewhere.revision(
        "r1",
        'op.expand_rename_column("users", "email", "mail")\n'
        'op.migrate_rename_column("users", "email", "mail")',
    )
    elsewhere.upgrade()

    said = zdt(elsewhere, "contract", "-m", "end").ok().output

    assert "there is no contract to write" not in said
    written = [path.read_text() for path in elsewhere.folder.rglob("*end*.py")]
    assert "op.contract_rename_column('users', 'email', 'mail')" in written[0]


def test_programs_find_them(elsewhere):
    elsewhere.settings(guard="off")

    api.upgrade(config=elsewhere.config())

    assert api.current(config=elsewhere.config()) == ("r1",)
    api.wait(timeout="0s", config=elsewhere.config())


def test_url_that_env_sets_is_the_one_that_doctor_looks_at(project):
    """That of alembic.ini is replaced, and leads nowhere."""
    url = project.db.url().replace("%", "%%")
    ini = project.ini.read_text().replace(
        f"sqlalchemy.url = {url}", "sqlalchemy.url = sqlite://"
    )
    assert "sqlite://" in ini
    project.write(project.ini, ini)
    project.edit_env(
        "target_metadata = None",
        f"config.set_main_option('sqlalchemy.url', {url!r})\ntarget_metadata = None",
    )

    found = doctor(project.config())

    assert [each for each in found.findings if each.check == "url"] == []
    assert found.unchecked == {}


def test_engine_of_a_module_that_env_makes_importable(elsewhere):
    made = f"engine = sqlalchemy.create_engine({elsewhere.db.url()!r})"
    elsewhere.write("modules/shop_engine.py", f"import sqlalchemy\n{made}\n")

    found = doctor(elsewhere.config(), "shop_engine:engine")

    assert "engine" in found.checked
