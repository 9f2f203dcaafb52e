"""``compat`` where it cannot begin: messages and exit codes."""

from __future__ import annotations

import pytest

from tests.commands.compat.conftest import TESTS

PHASED = 'op.add_column("users", sa.Column("age", sa.Integer()))'


def first_line(run):
    assert run.rc == 255, run.output
    return run.stdout.splitlines()[0]


@pytest.fixture
def ready(repository):
    repository.deploy()
    repository.revision("0002", "0001", PHASED)
    return repository


def test_no_tests_are_named(ready):
    run = ready.compat(tests=[])

    assert first_line(run) == "FAILED: there are no tests to run"
    assert "hint: Name it after --: alembic-zdt compat --base origin/main --" in (
        run.stdout
    )


@pytest.mark.parametrize("name", ["pytst", "./run_tests.sh", "/nowhere/pytest"])
def test_program_is_not_found(ready, name):
    run = ready.compat(tests=[name, "-q"])

    assert (
        first_line(run) == f'FAILED: cannot start "{name}", which should run the tests'
    )


def test_no_repository(ready, tmp_path):
    run = ready.compat(folder=tmp_path)

    assert first_line(run) == (
        "FAILED: cannot find the git repository of the current folder"
    )
    assert "not a git repository" in run.stdout


def test_no_git(ready, tmp_path):
    ready.variables["PATH"] = str(tmp_path)

    run = ready.compat()

    assert "No such file or directory: 'git'" in run.stdout


def test_base_is_unknown(ready, tmp_path):
    """A shallow clone has one commit only."""
    run = ready.start("compat", "--base", "origin/other", "--", *TESTS).wait()
    assert first_line(run) == 'FAILED: git does not know the commit "origin/other"'
    assert "detail" not in run.stdout
    shallow = tmp_path / "shallow"
    ready.git("clone", "-q", "--depth=1", ready.folder.as_uri(), str(shallow))
    run = ready.start("compat", "--base", "v1", "--", *TESTS, folder=shallow).wait()
    assert "detail: This clone has only a part of the history.\n" in run.stdout
    assert "(fetch-depth: 0)" in run.stdout


def test_no_configuration(ready):
    given = ("-c", "other.ini", "compat", "--base", "HEAD", "--", "true")

    assert "other.ini" in first_line(ready.start(*given).wait())


def test_role_may_not_create_databases(ready, admin, creator):
    admin.execute(f"ALTER ROLE {creator.name} NOCREATEDB")

    run = ready.compat()

    assert first_line(run) == (
        "FAILED: cannot create a scratch database: permission denied to create database"
    )
    assert "hint: Run ALTER ROLE ... CREATEDB as a superuser" in run.stdout
