"""A project with tests of its own, which an inner pytest runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from textwrap import dedent

import alembic
import pytest

from alembic_zdt.guard import preparation  # noqa: F401  # else each inner run does
from alembic_zdt.testing import plugin  # noqa: F401  # else each inner run does

TEMPLATES = Path(alembic.__file__).parent / "templates"
WITHOUT_OTHER_PLUGINS = [
    f"-pno:{name}"
    for name in ("randomly", "cacheprovider", "timeout", "hypothesispytest")
]
INI = """\
[alembic]
script_location = %(here)s/migrations
path_separator = os
prepend_sys_path = %(here)s
sqlalchemy.url = driver://user:pass@localhost/dbname

[loggers]
keys = root

[handlers]
keys =

[formatters]
keys =

[logger_root]
level = WARNING
handlers =
"""
REVISION = """\
import sqlalchemy as sa
from alembic_zdt import op

revision = {name!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends_on!r}


def upgrade():
    {up}


def downgrade():
    {down_code}
"""


class KitProject:
    """A folder with migrations, and the runs of pytest in it."""

    def __init__(self, pytester, url):
        self.pytester = pytester
        self.url = url
        self.migrations = pytester.mkdir("migrations")
        (self.migrations / "versions").mkdir()
        self.write("alembic.ini", INI)
        self.env("generic")

    def write(self, name, text):
        (self.pytester.path / name).write_text(dedent(text))

    def env(self, template):
        """Take the env.py of a template of Alembic."""
        shutil.copy(TEMPLATES / template / "env.py", self.migrations / "env.py")

    def revision(self, name, down, up="pass", revert="pass", *, after=None, label=None):
        text = REVISION.format(
            name=name,
            down=down,
            labels=label,
            depends_on=after,
            up=up,
            down_code=revert,
        )
        (self.migrations / "versions" / f"{name}.py").write_text(text)

    def orders(self):
        """Write two revisions: a table, and its index."""
        self.revision(
            "0001",
            None,
            'op.create_table("orders", sa.Column("id", sa.Integer(), '
            'primary_key=True), sa.Column("email", sa.Text()))',
            'op.drop_table("orders")',
        )
        self.revision(
            "0002",
            "0001",
            'op.create_index_concurrently("ix_orders", "orders", ["email"])',
            'op.drop_index_concurrently("ix_orders", "orders")',
        )

    def run(self, *arguments):
        """Run pytest on the server of this run."""
        return self.pytester.runpytest_inprocess(
            *WITHOUT_OTHER_PLUGINS, "--zdt", f"--zdt-url={self.url}", *arguments
        )


@pytest.fixture
def kit(pytester, creator, monkeypatch):
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(name, raising=False)
    return KitProject(pytester, creator.url)


@pytest.fixture
def left_databases(creator):
    """A function that counts the databases of this test's kit."""
    return lambda: len(creator.left())
