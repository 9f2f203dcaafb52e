"""The base of a branch, and the reasons why git may not know it."""

from __future__ import annotations

import subprocess

import pytest

from alembic_zdt.errors import UsageError
from tests.commands.review.conftest import Branch
from tests.support.project import Project


def failure(branch, base="main"):
    """The error of a review."""
    with pytest.raises(UsageError) as caught:
        branch.review(base)
    assert caught.value.primary == "git cannot tell which files have changed"
    return caught.value


@pytest.fixture
def shallow(branch, tmp_path):
    """Clone the repository as CI does by default: the last commit alone."""

    def clone(*fetched):
        branch.project.revision("r2", "pass")
        branch.commit()
        folder = tmp_path / "clone"
        url = branch.folder.as_uri()
        branch.git("clone", "-q", "--depth=1", "--branch=work", url, str(folder))
        for each in fetched:
            words = ("fetch", "-q", "--depth=1", "origin", f"{each}:{each}")
            subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
        branch.project.ini = folder / "alembic.ini"
        text = branch.project.ini.read_text()
        old = str(branch.project.folder)
        branch.project.ini.write_text(text.replace(old, str(folder)))
        return Branch(branch.project, folder)

    return clone


def test_base_that_does_not_exist(branch):
    found = failure(branch, "nowhere")

    assert found.detail == 'There is no commit "nowhere" in this clone.'
    assert "fetch-depth: 0" in found.hint


@pytest.mark.parametrize("base", ["--output=stolen", "", "-p", "main:alembic.ini"])
def test_base_that_is_no_commit(branch, base):
    """It is never an option of git."""
    assert f'no commit "{base}"' in failure(branch, base).detail
    assert not (branch.folder / "stolen").exists()


def test_shallow_clone_without_the_base(shallow):
    found = failure(shallow())

    assert found.detail == 'There is no commit "main" in this clone, which is shallow.'


def test_shallow_clone_without_a_common_commit(shallow):
    found = failure(shallow("main"))

    assert found.detail == (
        'The branch and "main" have no common commit in this clone, which is shallow.'
    )
    assert "git fetch --unshallow" in found.hint
    assert "GIT_DEPTH: 0" in found.hint


def test_no_repository(project):
    project.revision("r1", "pass")

    assert "git reported: " in failure(Branch(project, project.folder)).detail


def test_no_git(branch, monkeypatch):
    monkeypatch.setenv("PATH", str(branch.folder))

    found = failure(branch)

    assert "No such file or directory: 'git'" in found.detail
    assert "with git installed" in found.hint


def test_base_that_went_on_counts_from_the_merge_base(branch):
    """What others have merged meanwhile is not of this branch."""
    branch.project.revision("r2", "pass")
    branch.commit()
    branch.git("checkout", "-q", "main")
    branch.project.revision("r3", "pass", down_revision="r1")
    branch.commit()
    branch.git("checkout", "-q", "work")

    assert [each.revision for each in branch.review().revisions] == ["r2"]


def test_project_in_a_folder_of_the_repository(db, tmp_path, forkers):
    """Paths begin at the top of the repository, wherever the command runs."""
    folder = tmp_path / "services" / "shop"
    folder.mkdir(parents=True)
    project = Project(folder, db, forkers=forkers)
    branch = Branch(project, tmp_path)
    branch.git("init", "-q", "-b", "main")
    branch.commit()
    project.revision("r1", 'op.drop_table("a")')

    found = branch.review()

    assert found.marker == "<!-- alembic-zdt review: services/shop/migrations -->"
    (revision,) = found.revisions
    assert revision.file == "services/shop/migrations/versions/r1_.py"
    assert {each.file for each in found.linted.findings} == {revision.file}


def test_review_inside_a_hook_of_another_repository(branch, monkeypatch):
    """Git names that repository to the programs that its hooks run."""
    branch.project.revision("r2", "pass")
    monkeypatch.setenv("GIT_DIR", str(branch.folder / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(branch.folder / "elsewhere" / "index"))

    assert [each.revision for each in branch.review().revisions] == ["r2"]
