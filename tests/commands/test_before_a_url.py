"""A project right after ``alembic init``: its URL is still the template's."""

from __future__ import annotations

import io
import os

import pytest
from alembic import command
from alembic.config import Config

from tests.support.project import ROOT, Running

TEMPLATES = ("generic", "async", "multidb")
UNSET = (
    'sqlalchemy.url in alembic.ini is still the placeholder "driver://..."',
    "detail: This command needs a database.",
    (
        "hint: Set sqlalchemy.url to the URL of the database, for example "
        "postgresql+psycopg://user:password@localhost:5432/database."
    ),
)
REVISION = '''\
"""Make users."""
import sqlalchemy as sa
from alembic_zdt import op

revision = "r1"
down_revision = None


def upgrade({parameter}):
    id = sa.Column("id", sa.Integer, primary_key=True)
    op.create_table("users", id, if_not_exists=True)
    op.create_index_concurrently("ix_users_id", "users", ["id"])


def downgrade({parameter}):
    op.drop_table("users")  # zdt: ignore drop-table -- the test is over
'''


@pytest.fixture
def new(tmp_path):
    """A function that makes a project of a template, with one revision or none."""

    def make(template="generic", *, with_revision=False):
        ini = tmp_path / "alembic.ini"
        config = Config(str(ini), stdout=io.StringIO())
        command.init(config, str(tmp_path / "migrations"), template=template)
        assert "sqlalchemy.url = driver://user:pass@localhost/dbname" in ini.read_text()
        if with_revision:
            parameter = "engine_name" if template == "multidb" else ""
            text = REVISION.format(parameter=parameter)
            (tmp_path / "migrations/versions/r1_.py").write_text(text)
        return tmp_path

    return make


@pytest.fixture
def run(forkers):
    """A function that runs ``alembic-zdt`` in a folder."""

    def run_in(folder, *arguments):
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        started = forkers["alembic_zdt"].start(arguments, folder, environment)
        return Running(started).wait()

    return run_in


@pytest.mark.compat
@pytest.mark.parametrize("template", TEMPLATES)
def test_lint_of_a_new_project_finds_nothing(run, new, template):
    done = run(new(template), "lint").ok()

    assert done.stdout == (
        "0 revisions, 0 findings, 0 places that could not be looked at\n"
    )


def test_lint_of_our_own_template_finds_nothing(run, tmp_path):
    run(tmp_path, "init").ok()

    assert run(tmp_path, "lint").ok().stdout.startswith("0 revisions, 0 findings")


@pytest.mark.parametrize("url", ["", "postgres://localhost/old_spelling"])
def test_lint_needs_no_url_at_all(run, new, url):
    folder = new(with_revision=True)
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", url))

    assert run(folder, "lint").ok().stdout.startswith("1 revision, 0 findings")


@pytest.mark.compat
@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "base:heads"),
        ("sql",),
        ("upgrade", "base:heads", "--sql"),
        ("upgrade", "base:heads", "--sql", "--phase", "expand"),
    ],
    ids=" ".join,
)
def test_command_that_needs_no_database_runs(run, new, arguments):
    done = run(new(with_revision=True), *arguments).ok()

    assert "CREATE INDEX CONCURRENTLY ix_users_id ON users (id)" in done.stdout


def test_script_of_a_downgrade_is_written(run, new):
    done = run(new(with_revision=True), "downgrade", "heads:base", "--sql").ok()

    assert "DROP TABLE users" in done.stdout


def test_plan_of_what_is_pending_says_why_it_was_not_asked(run, new):
    done = run(new(with_revision=True), "plan").ok()

    assert f"the database was not asked: {UNSET[0]}\n" in done.stderr
    assert "CREATE INDEX CONCURRENTLY ix_users_id ON users (id)" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("upgrade",),
        ("status",),
        ("check",),
        ("current",),
        ("wait", "--timeout", "0s"),
        ("revision", "--autogenerate", "-m", "x"),
        ("backfill", "status"),
    ],
    ids=" ".join,
)
def test_command_that_needs_a_database_says_what_to_set(run, new, arguments):
    done = run(new(), *arguments)

    assert done.rc == 255
    head, *more = done.stdout.splitlines()
    assert (head, *more[:2]) == (f"FAILED: {UNSET[0]}", *UNSET[1:])
    assert "Traceback" not in done.stderr


def test_doctor_names_the_placeholder(run, new):
    done = run(new(), "doctor")

    assert done.rc == 2
    assert f"error: url: {UNSET[0]}: " in done.stdout
    assert "postgres://" not in done.stdout
