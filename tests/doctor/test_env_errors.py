"""When env.py cannot even be run, the doctor says why, and what to do."""

from __future__ import annotations

import gc
import re
import sys

import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from alembic_zdt.commands.doctor import doctor
from alembic_zdt.doctor.env_errors import explained
from tests.support.roles import role, run_as

OURS = "from alembic_zdt import env\nenv.run()\n"


def point(project, url):
    """Let alembic.ini have another URL."""
    text = re.sub(
        r"(?m)^sqlalchemy.url = .*$",
        lambda _: f"sqlalchemy.url = {url.replace('%', '%%')}",
        project.ini.read_text(),
    )
    project.write(project.ini, text)


def changed(project, **parts):
    url = make_url(project.db.url(project.driver)).set(**parts)
    return url.render_as_string(hide_password=False)


def test_application_that_is_not_on_the_path(project, diagnosed):
    """It is found where it is."""
    project.write("src/shop/__init__.py", "")
    project.write("src/shop/models.py", "")
    project.edit_env("target_metadata = None", "import shop.models\n")

    ((severity, words),) = diagnosed("imports")

    assert severity == "error"
    assert "env.py cannot import shop" in words
    assert f"({project.env}, line " in words
    assert "prepend_sys_path = %(here)s/src in alembic.ini" in words
    assert f"PYTHONPATH={project.folder}/src" in words


def test_the_fix_of_a_missing_path_is_one(project, diagnosed):
    project.write("src/shop/__init__.py", "")
    project.edit_env("target_metadata = None", "import shop\ntarget_metadata = None\n")
    (found,) = diagnosed("imports")
    (line,) = re.findall(r"prepend_sys_path = \S+", found[1])
    text = re.sub(r"(?m)^prepend_sys_path = .*$", line, project.ini.read_text())
    project.write(project.ini, text)

    done = project.cli("doctor", module="alembic_zdt")

    assert "imports" not in done.output


def test_misspelt_module(project, diagnosed, monkeypatch):
    project.write("zdt_kiosk/__init__.py", "")
    monkeypatch.syspath_prepend(project.folder)
    project.edit_env("target_metadata = None", "import zdt_kiosk.tables\n")

    ((_, words),) = diagnosed("imports")

    assert "cannot import zdt_kiosk.tables" in words
    assert f"{project.folder / 'zdt_kiosk'} has no such module" in words


def test_module_that_is_nowhere(project, diagnosed):
    project.edit_env("target_metadata = None", "import zdt_nowhere\n")

    ((_, words),) = diagnosed("imports")

    assert "Install the application here (pip install -e .)" in words


# SQLAlchemy drops a coroutine when it finds out.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("of_env", "url", "expected"),
    [
        ("psycopg", "postgres://u@127.0.0.1/d", "reads postgresql://, not postgres://"),
        ("psycopg", "postgresql+psycopg2://u@127.0.0.1/d", "no module psycopg2"),
        ("psycopg", "postgresql+asyncpg://u@127.0.0.1/d", "Write postgresql+psycopg"),
        ("asyncpg", "postgresql+psycopg2://u@127.0.0.1/d", "no module psycopg2"),
        ("asyncpg", "postgresql+asyncpg://u@h/d?sslmode=off", "asyncpg has ssl="),
    ],
)
def test_url_of_another_driver(project_of, monkeypatch, of_env, url, expected):
    """As the stock env.py of Alembic takes it."""
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    project = project_of(of_env)
    point(project, url)

    found = doctor(project.config())
    gc.collect()  # so that nobody else is told of it

    (failed,) = [each for each in found.findings if each.check == "driver"]
    assert expected in f"{failed.message} {failed.suggestion}"
    assert found.unchecked["privileges"] == "env.py could not be run"


def test_no_url(project, diagnosed):
    project.write(project.env, OURS)
    point(project, "driver://user:pass@localhost/dbname")

    ((_, words),) = diagnosed("url")

    assert "no URL of a database is given" in words
    assert "Set DATABASE_URL" in words


@pytest.mark.parametrize("ours", [False, True], ids=["stock", "ours"])
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"password": "wrong"}, "Correct user or password in the URL"),
        ({"database": "zdt no such"}, "CREATE DATABASE, or correct the name"),
        ({"port": 1}, "that the server runs, that host and port are right"),
    ],
)
def test_server_that_is_not_reached(project, driver, diagnosed, parts, expected, ours):
    if ours:
        project.write(project.env, OURS)
    point(project, changed(project, **parts))

    ((severity, words),) = diagnosed("connection")

    assert severity == "error"
    assert "cannot connect to" in words
    assert expected in words
    assert "wrong" not in words


def test_any_other_error_says_the_line(project, diagnosed):
    project.edit_env("target_metadata = None", "target_metadata = 1 / 0")

    ((_, words),) = diagnosed("env")

    assert "env.py fails: ZeroDivisionError: division by zero" in words
    assert f"({project.env}, line " in words


def test_revision_that_cannot_be_read(project, diagnosed):
    project.revision("r1", "op.execute('SELECT 1')")
    path = project.versions / "r1_.py"
    project.write(path, path.read_text() + "\ndef broken(:\n")

    ((severity, words),) = diagnosed("revision-files")

    assert severity == "error"
    assert "a revision fails: SyntaxError" in words
    assert "r1_.py" in words


def test_no_configuration(project):
    config = project.config()
    config.file_config.remove_option("alembic", "script_location")

    found = doctor(config)

    (failed,) = found.findings
    assert failed.check == "configuration"
    assert "script_location" in failed.message


@pytest.mark.parametrize(
    "body",
    [
        "config.set_main_option('sqlalchemy.url', 'postgresql://u:se%40cret@h/d')",
        "import sqlalchemy\nsqlalchemy.make_url('postgresql://u:se@cret:word@h/d')",
    ],
)
def test_password_that_spoils_the_url_is_not_shown(project, body):
    project.edit_env("target_metadata = None", f"target_metadata = None\n{body}")

    found = doctor(project.config())

    (failed,) = [each for each in found.findings if each.check == "url"]
    assert "@ is %40" in failed.suggestion
    assert not {"cret", "word@"} & set(re.split(r"\W", str(failed)))


def test_password_that_spoils_the_host_is_not_shown(project, driver, diagnosed):
    point(project, f"postgresql+{driver}://u:se@cretword@127.0.0.1:1/d")

    found = diagnosed("connection") + diagnosed("url")

    assert "cretword" not in str(found)


TWICE = (
    "from sqlalchemy import *\nm = MetaData()\n"
    "Table('async_jobs', m)\nTable('async_jobs', m, Column('a', Integer))"
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("open('nothing.txt')", "FileNotFoundError"),
        ("(lambda: 0)(frobnicate=1)", "TypeError"),
        ("raise ModuleNotFoundError('x')", "ModuleNotFoundError: x"),
        ("import sys\nsys.exit('no variable')", "SystemExit: no variable"),
        (TWICE, "InvalidRequestError"),
    ],
)
def test_errors_that_are_about_something_else(project, diagnosed, body, expected):
    project.edit_env("target_metadata = None", f"target_metadata = None\n{body}")

    ((_, words),) = diagnosed("env")

    assert expected in words
    assert str(project.env) in words


def test_application_that_is_in_src_beside_a_folder_of_that_name(project, diagnosed):
    project.write("shop/readme.txt", "")
    project.write("src/shop/models.py", "")
    project.edit_env("target_metadata = None", "import shop.models\n")

    ((_, words),) = diagnosed("imports")

    assert "prepend_sys_path = %(here)s/src" in words


@pytest.mark.parametrize("name", ["alembic.ini", "pyproject.toml"])
def test_percent_sign_in_a_file(project, name):
    """It is a finding, and the rest is looked at."""
    project.write(project.env, OURS)
    config = project.config()
    url = "postgresql+psycopg://u:se%40cret@127.0.0.1:1/d"
    if name == "alembic.ini":
        text = project.ini.read_text().splitlines()
        lines = [x for x in text if not x.startswith("sqlalchemy.url")]
        lines.insert(lines.index("[alembic]") + 1, f"sqlalchemy.url = {url}")
        project.write(project.ini, "\n".join(lines))
        config = project.config()
    else:
        config.file_config.remove_option("alembic", "sqlalchemy.url")
        config.toml_alembic_config["sqlalchemy.url"] = url

    found = doctor(config)

    assert any("as %%" in each.suggestion for each in found.findings)
    assert "cret@" not in str(found.findings)
    assert "revision-files" in found.checked


def test_role_that_may_not_read_the_versions(db, project, driver, diagnosed):
    db.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    with role(db, "migrator") as name:
        run_as(project, name)

        ((severity, words),) = diagnosed("privileges")

    assert severity == "error"
    assert "permission denied for table alembic_version" in words


@pytest.mark.parametrize(
    ("state", "message", "hint"),
    [
        ("28P01", "Passwort-Authentifizierung fehlgeschlagen", "Correct user or pass"),
        ("3D000", "Datenbank »shop« existiert nicht", "CREATE DATABASE, or correct"),
        (
            "53300",
            "tut mir leid, schon zu viele Verbindungen",
            "Close some connections, or raise",
        ),
        (
            "55P03",
            "storniere Anfrage wegen Zeitüberschreitung",
            "Another session locks",
        ),
        ("57P03", "das Datenbanksystem fährt hoch", "Wait for the server"),
    ],
)
def test_server_that_reports_in_another_language(project, state, message, hint):
    original = asyncpg.PostgresError.new({"C": state, "M": message, "S": "FEHLER"})

    found = explained(OperationalError(None, None, original), project.config())

    assert message in found.message
    assert found.suggestion.startswith(hint)
