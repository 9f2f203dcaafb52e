"""The examples for Kubernetes and GitHub Actions: what they call is really run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

BEHIND_CONTRACT = 3
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


@pytest.fixture
def application(db, project):
    """With a revision of each phase."""
    project.write("models.py", MODELS)
    project.write(project.env, ENV)
    project.revision("r1", TABLE, 'op.drop_table("users")')
    drop = 'op.drop_index_concurrently("ix_users_email", "users")'
    project.revision("r2", INDEX, drop)
    project.revision("r3", 'op.backfill("users", {"email": "\'x\'"})', "pass")
    return project


def run(project, command, **options):
    """In the project's folder, our programs first on the path."""
    programs = str(Path(sys.executable).parent)
    own = {
        "DATABASE_URL": project.db.url(),
        "PATH": os.pathsep.join([programs, os.environ["PATH"]]),
        "PYTHONPATH": str(EXAMPLES.parent),
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
        **options,
    )


def containers(name):
    """The commands of a manifest, those of init containers first."""
    text = (EXAMPLES / "kubernetes" / name).read_text()
    pod = yaml.safe_load(text)["spec"]["template"]["spec"]
    found = pod.get("initContainers", []) + pod["containers"]
    return [each["command"] for each in found if "command" in each]


def test_jobs_and_init_container(application):
    """Expand and migrate before the pods of the new code start, contract after."""
    (migrate,), (finish,) = containers("migrate.yaml"), containers("finish.yaml")
    (wait,) = containers("deployment.yaml")
    assert wait[-2:] == ["--timeout", "5m"]
    look = [*wait[:-1], "0s"]
    application.revision("r4", 'op.contract_drop_column("users", "email")')

    assert run(application, look).returncode == 255
    done = run(application, migrate)
    assert done.returncode == 0, done.stderr
    assert application.current == ["r3"]
    assert run(application, look).returncode == 0

    # The next release has to wait for the contract of this one.
    age = 'op.add_column("users", sa.Column("age", sa.Integer()))'
    following = application.revision("r5", age)
    early = run(application, migrate)
    assert early.returncode == BEHIND_CONTRACT, early.stderr
    assert 'revision "r5" (r5) stands behind contract "r4" (r4)' in early.stdout
    assert run(application, look).returncode == 255
    following.unlink()

    assert run(application, finish).returncode == 0
    assert application.current == ["r4"]
    assert run(application, look).returncode == 0
    assert run(application, migrate).returncode == 0


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
