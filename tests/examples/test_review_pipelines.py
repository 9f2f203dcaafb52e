"""What the files of ``examples/review`` tell a runner to do is really done.

The runner is played here, and the sites are a server on loopback.  What is not tried:
a runner of GitHub or GitLab itself, and the sites.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.reader import copy_application
from tests.examples.comments_server import BOT, Comments, serving
from tests.support.warm import warm_programs

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
REVISION = '''\
"""an index on names"""
from alembic_zdt import op

revision = "next"
down_revision = "4f1c2d7a9b3e"


def upgrade():
    op.{call}("ix_users_at", "users", ["id"])


def downgrade():
    op.drop_index_concurrently("ix_users_at", "users")
'''
MARKER = "<!-- alembic-zdt review: migrations -->"


@pytest.fixture(scope="module")
def programs():
    with warm_programs() as folder:
        yield folder


@pytest.fixture
def comments():
    return Comments()


class Runner:
    """A clone of the application on a branch, where a job runs."""

    def __init__(self, folder, programs, variables):
        self.folder = copy_application(folder)
        shutil.copytree(EXAMPLES / "review", self.folder / "review")
        paths = [programs, Path(sys.executable).parent, os.environ["PATH"]]
        self.environment = {
            "PATH": os.pathsep.join(map(str, paths)),
            "HOME": str(folder.parent),
            "DATABASE_URL": "postgresql+psycopg://a@127.0.0.1:1/nowhere",
            **variables,
        }
        self.git("checkout", "-q", "-b", "work")
        self.git("config", "remote.origin.url", str(self.folder))
        self.git("branch", "-f", "main")

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.folder, check=True)

    def revise(self, call):
        text = REVISION.format(call=call)
        (self.folder / "migrations/versions/next_.py").write_text(text)

    def run(self, line, variables=()):
        return subprocess.run(
            ["bash", "-e", "-c", line],
            cwd=self.folder,
            env=self.environment | dict(variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def github(programs, folder, url):
    """Run the job as GitHub does: each step, later ones only as their ``if`` says."""
    file = yaml.safe_load((EXAMPLES / "review/github.yml").read_text())
    steps = file["jobs"]["review"]["steps"]
    assert file[True] == "pull_request"  # YAML 1.1 reads "on" so
    assert file["permissions"]["pull-requests"] == "write"
    assert steps[0]["with"] == {"fetch-depth": 0}
    known = {"${{ github.token }}": "secret", "${{ github.event.number }}": "7"}
    runner = Runner(
        folder,
        programs,
        {
            "GITHUB_BASE_REF": "main",
            "GITHUB_API_URL": url,
            "GITHUB_REPOSITORY": "team/shop",
        },
    )

    def job():
        done = []
        for step in steps:
            is_ours = "run" in step and not step["run"].startswith("pip ")
            goes_on = step.get("if") == "${{ !cancelled() }}"
            if is_ours and (goes_on or not any(each.returncode for each in done)):
                given = {k: known[v] for k, v in step.get("env", {}).items()}
                done.append(runner.run(step["run"], given))
        return done

    return runner, job


def gitlab(programs, folder, url):
    """Run the job as GitLab does: the script to its first error, then after_script."""
    job = yaml.safe_load((EXAMPLES / "review/gitlab-ci.yml").read_text())["review"]
    runner = Runner(
        folder,
        programs,
        {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": url,
            "CI_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "REVIEW_TOKEN": "secret",
        },
    )
    assert job["variables"] == {"GIT_DEPTH": 0}

    def run():
        done = []
        for line in job["script"]:
            if not any(each.returncode for each in done):
                done.append(runner.run(line))
        return done + [runner.run(line) for line in job["after_script"]]

    return runner, run


SITES = (github, gitlab)


def on(*sites):
    """Run a test as these sites run the job."""
    return pytest.mark.parametrize(
        "pipeline", sites, indirect=True, ids=lambda each: each.__name__
    )


@pytest.fixture
def pipeline(request, programs, comments, tmp_path):
    with serving(comments) as url:
        yield *request.param(programs, tmp_path / "app", url), request.param.__name__
    assert comments.refused == []


def codes(results):
    """The exit codes, of which those of git are left out."""
    said = [f"{each.args[-1]}\n{each.stdout}{each.stderr}" for each in results]
    assert "Traceback" not in "".join(said), said
    return [each.returncode for each in results if "git fetch" not in each.args[-1]]


@on(*SITES)
def test_comment_is_written_once_and_replaced(pipeline, comments):
    """Among those of people, of whom one has copied the marker, on a second page."""
    runner, job, site = pipeline
    copied = f"{MARKER}\na person's own"
    for number in range(120):
        comments.add(copied if number == 3 else f"comment {number}")
    runner.revise("create_index")

    assert codes(job()) == [2, 0]
    (mine,) = [n for n, author in comments.authors.items() if author == BOT]
    first = comments.bodies[mine]
    assert first.startswith(f"{MARKER}\n")
    assert "**1 revision, 1 error, 0 warnings.**" in first
    if site == "gitlab":
        report = json.loads((runner.folder / "gl-code-quality-report.json").read_text())
        assert [each["check_name"] for each in report] == ["create-index"]

    runner.revise("create_index_concurrently")
    results = job()

    assert codes(results) == [0, 0]
    assert f"replaced the comment {mine}" in results[-1].stdout
    assert "**1 revision, 0 errors, 0 warnings.**" in comments.bodies[mine]
    assert len(comments.bodies) == 121
    assert comments.bodies[4] == copied


@on(gitlab)
def test_branch_without_migrations_has_a_comment(pipeline, comments):
    _, job, _ = pipeline

    assert codes(job()) == [0, 0]
    (body,) = comments.bodies.values()
    assert "adds or changes no migrations since origin/main." in body


@on(github)
def test_review_that_fails_leaves_the_comment(pipeline, comments):
    """The job fails with its error, and the step behind it does not hide that."""
    runner, job, _ = pipeline
    (runner.folder / "alembic.ini").unlink()

    review, post = codes(job())

    assert (review, post) == (255, 0)
    assert comments.bodies == {}
