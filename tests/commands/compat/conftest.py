"""A repository with a base and a branch, and the runs of ``compat`` in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.project import Running

INI = """\
[alembic]
script_location = %(here)s/migrations
path_separator = os
"""
ENV = """\
from alembic_zdt import env

env.run()
"""
REVISION = """\
import sqlalchemy as sa
from alembic_zdt import op

revision = {name!r}
down_revision = {down!r}
{more}

def upgrade():
    {up}


def downgrade():
    pass
"""
USERS = (
    'op.create_table("users", sa.Column("id", sa.Integer(), sa.Identity()), '
    'sa.Column("name", sa.Text()))'
)
CHECK = """\
import os

import psycopg

url = os.environ["DATABASE_URL"].replace("+psycopg", "")
with psycopg.connect(url) as connection:
    connection.execute("INSERT INTO users (name) VALUES ('ada')")
    print(connection.execute("SELECT count(*) FROM users").fetchone())
"""
TESTS = ("python", "check.py")
IDENTITY = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")


class Repository:
    """A clone whose ``origin/main`` has one revision and a test.

    Attributes:
        folder: the work tree.
        url: the URL of a server, for a role of the test's own.
    """

    def __init__(self, folder: Path, temporary: Path, url: str, forkers):
        self.folder, self.temporary, self.url = folder, temporary, url
        self._forkers = forkers
        self.variables: dict[str, str] = {}
        self.write("alembic.ini", INI)
        self.write("migrations/env.py", ENV)
        self.revision("0001", None, USERS)
        self.write("check.py", CHECK)
        self.git("init", "-q")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))

    def revision(self, name, down, up="pass", **more):
        lines = "".join(f"{key} = {value!r}\n" for key, value in more.items())
        text = REVISION.format(name=name, down=down, up=up, more=lines)
        self.write(f"migrations/versions/{name}.py", text)

    def git(self, *arguments, folder=None):
        done = subprocess.run(
            ["git", *IDENTITY, *arguments],
            cwd=folder or self.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def deploy(self):
        """Commit everything, as the code that is running now."""
        self.git("add", ".")
        self.git("commit", "-q", "-m", "all")
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")

    def start(self, *arguments, folder=None):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DATABASE_URL", "PYTHONPATH"))
        }
        environment |= {"TMPDIR": str(self.temporary)} | self.variables
        forker = self._forkers["alembic_zdt"]
        return Running(forker.start(arguments, folder or self.folder, environment))

    def compat(self, *options, tests=TESTS, folder=None):
        """Run the command to its end."""
        given = ("--base", "origin/main", "--url", self.url, *options)
        return self.start("compat", *given, "--", *tests, folder=folder).wait(120)

    def is_clean(self):
        """Whether no work tree and no file of the run is left."""
        trees = self.git("worktree", "list").splitlines()
        return len(trees) == 1 and not list(self.temporary.iterdir())


@pytest.fixture
def repository(tmp_path, creator, forkers):
    folder, temporary = tmp_path / "clone", tmp_path / "temporary"
    temporary.mkdir()
    yield (made := Repository(folder, temporary, creator.url, forkers))
    assert made.is_clean()
    assert creator.left() == []
