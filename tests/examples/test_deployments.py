"""What the files of the examples tell a runner to do is really done.

Each pipeline releases three versions of an application: the second one renames a
column, and the third one changes the schema again.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import psycopg
import pytest
import yaml

from tests.examples.pipelines import DEPLOY, PIPELINES, Machine, Procfile
from tests.support.warm import warm_programs

BEHIND_CONTRACT = 3
FAILED = 255
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ENV = "from alembic_zdt import env\nfrom models import metadata\nenv.run(metadata)\n"
MODELS = """\
from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

metadata = MetaData()
users = Table("users", metadata, Column("id", Integer, primary_key=True),
              Column("email", Text), Index("ix_users_email", "email"))
"""
TABLE = 'op.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")'
INDEX = 'op.create_index_concurrently("ix_users_email", "users", ["email"])'
SERIAL = 'op.execute("CREATE TABLE users (id serial PRIMARY KEY, email text)")'
RENAME = 'rename_column("users", "email", "address")'
AGE = 'op.add_column("users", sa.Column("age", sa.Integer()))'
RELEASES = {
    "1.0": (SERIAL,),
    "2.0": tuple(f"op.{phase}_{RENAME}" for phase in ("expand", "migrate", "contract")),
    "3.0": (AGE,),
}
SETTINGS = """
[alembic_zdt]
lock_deadline = 100ms
ignore_applications = zdt-test
"""


@pytest.fixture(scope="module")
def programs():
    """Our programs, ready before the shells of the pipelines ask for them."""
    with warm_programs() as folder:
        yield folder


@pytest.fixture
def application(db, project, programs):
    """With a revision of each phase."""
    project.programs = programs
    project.write("models.py", MODELS)
    project.write(project.env, ENV)
    project.revision("r1", TABLE, 'op.drop_table("users")')
    drop = 'op.drop_index_concurrently("ix_users_email", "users")'
    project.revision("r2", INDEX, drop)
    project.revision("r3", 'op.backfill("users", {"email": "\'x\'"})', "pass")
    return project


def run(project, command):
    """In the project's folder, our programs first on the path."""
    own = {
        "DATABASE_URL": project.db.url(),
        "PATH": os.pathsep.join([str(project.programs), os.environ["PATH"]]),
    }
    kept = {k: v for k, v in os.environ.items() if k != "DATABASE_URL_SYNC"}
    return subprocess.run(
        command,
        cwd=project.folder,
        env=kept | own,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class Application:
    """A process of one version, which keeps its session.

    Attributes:
        column: the name that this version has for the address.
    """

    def __init__(self, db, column):
        self.column = column
        self._session = psycopg.connect(
            db.server.dsn(db.database),
            autocommit=True,
            options=f"-c search_path={db.schema}",
            application_name="shop",
        )

    def writes(self, address):
        self._session.execute(
            f"INSERT INTO users ({self.column}) VALUES (%s)", [address]
        )

    def reads(self):
        rows = self._session.execute(f"SELECT {self.column} FROM users").fetchall()
        return {address for (address,) in rows}

    def ends(self):
        self._session.close()


@pytest.fixture
def started(db):
    """Start processes of the application; ended with the test."""
    found = []

    def start(pipeline, version, column):
        serves = pipeline.process
        found.append(serves(version) if serves else Application(db, column))
        return found[-1]

    yield start
    for each in found:
        each.ends()


def images(project, root):
    """Make a folder for each release, with all revisions up to it."""
    project.write("models.py", MODELS)
    project.write(project.env, ENV)
    here = re.sub(
        "(script_location = ).*", r"\1%(here)s/migrations", project.ini.read_text()
    )
    project.write(project.ini, here + SETTINGS)
    project.write("deploy.sh", DEPLOY).chmod(0o755)
    for version, bodies in RELEASES.items():
        for number, body in enumerate(bodies):
            project.revision(f"r{version[0]}{number}", body)
        shutil.copytree(project.folder, root / version)


def flask_images(root):
    """Make them of the Flask application; the old one has the old name."""
    for version, count in (("1.0", 1), ("2.0", 4), ("3.0", 4)):
        folder = root / version
        shutil.copytree(EXAMPLES / "flask_app", folder)
        revisions = folder / "migrations" / "versions"
        for path in sorted(revisions.glob("*.py"))[count:]:
            path.unlink()
        ini = folder / "migrations" / "alembic.ini"
        ini.write_text(ini.read_text() + SETTINGS)
    app = root / "1.0" / "app.py"
    old = re.sub(
        r"    address:|\(address=|user\.address", _with_old_name, app.read_text()
    )
    app.write_text(old)
    text = (revisions / "0001_users.py").read_text()
    text = text.replace('"0001"', '"0005"').replace("str | None = None", 'str = "0004"')
    body = re.sub(r"op\.create_table\(.*?\n    \)", AGE, text, flags=re.DOTALL)
    (revisions / "0005_age.py").write_text(body)


def _with_old_name(found):
    return found[0].replace("address", "email")


@pytest.mark.parametrize("kind", PIPELINES, ids=lambda kind: kind.__name__)
def test_releases_of_a_pipeline(db, request, tmp_path_factory, programs, started, kind):
    """Old and new code run at the same time, a job is retried, a contract is late."""
    root = tmp_path_factory.mktemp("releases")
    if kind is Procfile:
        flask_images(root)
    else:
        images(request.getfixturevalue("project"), root)
    machine = Machine(root, programs, db.url())
    pipeline = kind(machine)

    assert_ends(pipeline.release("1.0"), 0)
    old = started(pipeline, "1.0", "email")
    old.writes("first")

    with db.holding("SELECT FROM users"):
        assert_ends(pipeline.release("2.0"), FAILED, "explain lock-not-available")
    assert machine.deployed == "1.0"
    assert_ends(pipeline.release("2.0"), 0)
    assert machine.deployed == "2.0"

    new = started(pipeline, "2.0", "address")
    old.writes("second")
    new.writes("third")
    assert old.reads() == new.reads() == {"first", "second", "third"}

    assert_ends(pipeline.release("3.0"), BEHIND_CONTRACT, "comes after contract")
    assert machine.deployed == "2.0"
    assert_ends(pipeline.finish("2.0"), FAILED, "old sessions are connected (1)")
    old.ends()
    assert_ends(pipeline.finish("2.0"), 0)
    assert_ends(pipeline.release("3.0"), 0)
    assert machine.deployed == "3.0"
    assert new.reads() == {"first", "second", "third"}


def assert_ends(done, code, words=""):
    """Check the exit code of a pipeline's last command, and what it said."""
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert words in said


def test_job_is_run_before_each_upgrade():
    text = (EXAMPLES / "kubernetes" / "migrate.yaml").read_text()

    hook = yaml.safe_load(text)["metadata"]["annotations"]["helm.sh/hook"]

    assert hook == "pre-install,pre-upgrade"


def test_workflow(application):
    """All steps but those of others, and the installation."""
    text = (EXAMPLES / "github_actions" / "migrations.yaml").read_text()
    steps = yaml.safe_load(text)["jobs"]["migrations"]["steps"]
    ours = [step for step in steps if "run" in step and step["name"] != "Install"]

    for step in ours:
        done = run(application, ["bash", "-e", "-c", step["run"]])
        assert done.returncode == 0, (step, done.stdout, done.stderr)

    assert len(ours) == 6
    assert application.current == ["r3"]
    scripts = sorted(path.name for path in (application.folder / "review").iterdir())
    assert len(scripts) == 3


def test_workflow_finds_a_model_without_a_revision(application):
    text = (EXAMPLES / "github_actions" / "migrations.yaml").read_text()
    steps = yaml.safe_load(text)["jobs"]["migrations"]["steps"]
    (check,) = [step["run"] for step in steps if "check" in step.get("run", "")]
    assert run(application, ["alembic-zdt", "upgrade"]).returncode == 0
    application.write("models.py", MODELS.replace("Text)", "Text, nullable=False)"))

    assert run(application, ["bash", "-e", "-c", check]).returncode != 0


def test_workflow_finds_what_stalls(application):
    """At its line."""
    text = (EXAMPLES / "github_actions" / "migrations.yaml").read_text()
    steps = yaml.safe_load(text)["jobs"]["migrations"]["steps"]
    (lint,) = [step["run"] for step in steps if "lint" in step.get("run", "")]
    application.revision("r4", 'op.drop_table("users")')

    done = run(application, ["bash", "-e", "-c", lint])

    assert done.returncode == 2
    assert "::error file=migrations/versions/r4_.py,line=" in done.stdout


def test_hook_of_pre_commit(application):
    """Its entry, as pre-commit runs it: without the names of files."""
    text = (EXAMPLES.parent / ".pre-commit-hooks.yaml").read_text()
    (hook,) = yaml.safe_load(text)
    assert hook["pass_filenames"] is False

    assert run(application, shlex.split(hook["entry"])).returncode == 0
    assert re.search(hook["files"], "migrations/versions/r1_.py")


ENUM = """
op.create_table("orders", sa.Column("status", sa.Enum("new", name="order_status")))
"""


def there_and_back(application):
    """The step of the workflow that downgrades and upgrades again."""
    text = (EXAMPLES / "github_actions" / "migrations.yaml").read_text()
    steps = yaml.safe_load(text)["jobs"]["migrations"]["steps"]
    (again,) = [step["run"] for step in steps if "downgrade" in step.get("run", "")]
    assert run(application, ["alembic-zdt", "upgrade"]).returncode == 0
    return run(application, ["bash", "-e", "-c", again])


def test_workflow_goes_back_over_an_enum_type_that_is_dropped(application):
    """The call that the page shows for a downgrade."""
    page = (EXAMPLES.parent / "docs" / "howto" / "github-actions.md").read_text()
    (drop,) = re.findall(r"`(op\.execute\(\"DROP TYPE .*?\"\))`", page)

    application.revision("r4", ENUM, f'op.drop_table("orders")\n{drop}')

    assert there_and_back(application).returncode == 0


def test_workflow_fails_over_an_enum_type_that_is_left(application):
    page = (EXAMPLES.parent / "docs" / "howto" / "github-actions.md").read_text()
    application.revision("r4", ENUM, 'op.drop_table("orders")')

    done = there_and_back(application)

    assert done.returncode != 0
    (words,) = re.findall(r'type "\w+" already exists', done.stderr)[:1]
    assert words in page


def test_hook_of_pre_commit_brings_the_extra_for_sql_text():
    """pre-commit installs the package without extras, and these beside it."""
    text = (EXAMPLES.parent / ".pre-commit-hooks.yaml").read_text()
    (hook,) = yaml.safe_load(text)
    project = tomllib.loads((EXAMPLES.parent / "pyproject.toml").read_text())

    extras = project["project"]["optional-dependencies"]
    assert hook["additional_dependencies"] == extras["parse"]
