"""``alembic-zdt compat`` on the examples: their code after a change of a branch."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
GIT = ("git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
REVISION = """
import sqlalchemy as sa
from alembic_zdt import op

revision = {0!r}
down_revision = {1!r}

def upgrade():
    op.{2}

def downgrade():
    pass
"""
REQUESTS = """
import asyncio
import app

async def use():
    number = await app.create("ada@example.org")
    assert await app.find(number) == "ada@example.org"

asyncio.run(use())
"""
SHOPPING = """
import os
import models
import sqlalchemy as sa
from sqlalchemy.orm import Session

with Session(sa.create_engine(os.environ["ZDT_DATABASE_URL"])) as session:
    user = models.User(email="ada@example.org", name="Ada")
    session.add(user)
    session.flush()
    session.add(models.Order(user_id=user.id, total_cents=5))
    session.commit()
"""
REQUIRED = 'add_column("{}", sa.Column("age", sa.Integer(), nullable=False))'


class Clone:
    """A copy of an example, whose ``origin/main`` is what is there at first."""

    def __init__(self, folder, example, left_out):
        self.folder = folder / "clone"
        ignored = shutil.ignore_patterns("__pycache__", left_out)
        shutil.copytree(EXAMPLES / example, self.folder, ignore=ignored)
        for command in (
            ("init", "-q"),
            ("add", "."),
            ("commit", "-q", "-m", "all"),
            ("update-ref", "refs/remotes/origin/main", "HEAD"),
        ):
            subprocess.run([*GIT, *command], cwd=self.folder, check=True)

    def revision(self, name, down, call):
        path = self.folder / "migrations" / "versions" / f"{name}_.py"
        path.write_text(REVISION.format(name, down, call))


def code_of(clone, cluster, forkers, tests, *options, **variables):
    """Run the command, and return its exit code."""
    url = cluster.dsn("postgres", driver="psycopg")
    given = ("compat", "--base", "origin/main", "--url", url, *options)
    environment = os.environ | variables
    start = forkers["alembic_zdt"].start
    started = start((*given, "--", "python", "-c", tests), clone.folder, environment)
    started.communicate(120)
    return started.returncode


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ('expand_rename_column("users", "email", "address")', 0),
        (REQUIRED.format("users"), 2),
    ],
    ids=["in phases", "breaking"],
)
def test_fastapi_app(tmp_path, cluster, forkers, call, code):
    """Its engine needs an async driver, which the variable names."""
    clone = Clone(tmp_path, "fastapi_app", "nothing")
    clone.revision("0003", "0002", call)
    url = "postgresql+asyncpg://host/app"

    found = code_of(clone, cluster, forkers, REQUESTS, DATABASE_URL=url)

    assert found == code


@pytest.mark.parametrize("code", [0, 2], ids=["in phases", "breaking"])
def test_shop(tmp_path, cluster, forkers, code):
    """Its five changes, or one that the code does not know."""
    clone = Clone(tmp_path, "shop", "versions_zdt")
    if code:
        clone.revision("0002", "0001", REQUIRED.format("orders"))
    else:
        versions = Path("migrations/versions_zdt")
        shutil.copytree(EXAMPLES / "shop" / versions, clone.folder / versions)
    variable = ("--url-variable", "ZDT_DATABASE_URL")

    assert code_of(clone, cluster, forkers, SHOPPING, *variable) == code
