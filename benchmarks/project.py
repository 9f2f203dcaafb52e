"""Temporary Alembic projects whose revisions are given as source text."""

from __future__ import annotations

import argparse
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Self

from alembic import command
from alembic.config import Config

from examples.shop import server

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

VERSION_TABLE = "bench_version"

ENV = f"""
import os
from sqlalchemy import create_engine, pool
from alembic import context

engine = create_engine(os.environ["ZDT_BENCH_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, version_table="{VERSION_TABLE}")
    with context.begin_transaction():
        context.run_migrations()
"""

INI = """
[alembic]
script_location = %(here)s
path_separator = os
"""

REVISION = """
import time
from alembic import context, op

revision = "{revision}"
down_revision = {down_revision!r}


def upgrade():
{body}


def downgrade():
    pass
"""


class Project:
    """A folder with ``alembic.ini``, ``env.py`` and one revision per body.

    The address of the database comes from ``ZDT_BENCH_URL``.
    """

    def __init__(self, bodies: Sequence[str]) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="zdt-bench-")
        self.folder = Path(self._temporary.name)
        self.ini = self.folder / "alembic.ini"
        self.ini.write_text(INI)
        (self.folder / "env.py").write_text(ENV)
        (self.folder / "versions").mkdir()
        names = [f"r{number:04d}" for number in range(1, len(bodies) + 1)]
        for name, down, body in zip(names, [None, *names], bodies, strict=False):
            self._write(name, down, body)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._temporary.cleanup()

    def upgrade(
        self, settings: Mapping[str, str] | None = None, revision: str = "head"
    ) -> Config:
        """Run ``alembic upgrade`` in this process, with ``-x`` settings."""
        config = self.config(settings)
        command.upgrade(config, revision)
        return config

    def config(self, settings: Mapping[str, str] | None = None) -> Config:
        """Return the configuration of a command with ``-x`` settings."""
        pairs = [f"{name}={value}" for name, value in (settings or {}).items()]
        return Config(self.ini, cmd_opts=argparse.Namespace(x=pairs))

    def _write(self, name: str, down: str | None, body: str) -> None:
        text = REVISION.format(
            revision=name, down_revision=down, body=textwrap.indent(body, "    ")
        )
        (self.folder / "versions" / f"{name}.py").write_text(text)


def forget(url: str) -> None:
    """Make Alembic believe that no revision was applied."""
    server.command(url, f"DROP TABLE IF EXISTS {VERSION_TABLE}")
