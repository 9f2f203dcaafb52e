"""Chains of revisions of public projects, from their wheels.

``public_projects.toml`` names them.  Only revisions and the helpers that they import
are unpacked, and nothing is installed.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from alembic.config import Config

PROJECTS = Path(__file__).with_name("public_projects.toml")
ENV = """\
from alembic import context

context.configure(url="postgresql+psycopg2://nobody@127.0.0.1:1/nowhere")
with context.begin_transaction():
    context.run_migrations()
"""
INI = """\
[alembic]
script_location = %(here)s/migrations
prepend_sys_path = %(here)s/helpers
path_separator = os
recursive_version_locations = true
"""


@dataclass(frozen=True)
class Chain:
    """A chain of revisions of a project.

    Attributes:
        name: in the table of projects.
        package: on the index.
        versions: the folder of the revisions in the wheel.
        stubs: the packages that the revisions import.
        helpers: files of the application that act for the revisions, and are kept.
    """

    name: str
    package: str
    versions: str
    stubs: Sequence[str]
    helpers: Sequence[str] = ()

    def unpack(self, wheel: Path, folder: Path) -> None:
        """Make a project of Alembic with the revisions of a wheel."""
        migrations = folder / "migrations"
        (migrations / "versions").mkdir(parents=True)
        (migrations / "env.py").write_text(ENV)
        (folder / "alembic.ini").write_text(INI)
        with zipfile.ZipFile(wheel) as archive:
            for entry, place in self._places(archive.namelist()):
                path = folder / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(entry))

    def _places(self, entries: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the entries to unpack, with their paths in the project."""
        for entry in entries:
            path = PurePosixPath(entry)
            if path.suffix != ".py":
                continue
            if path.is_relative_to(self.versions):
                yield entry, f"migrations/versions/{path.relative_to(self.versions)}"
            if any(map(path.is_relative_to, self.helpers)):
                yield entry, f"helpers/{entry}"


def chains() -> dict[str, Chain]:
    """Return the chains of the table, by name."""
    table = tomllib.loads(PROJECTS.read_text(encoding="utf-8"))
    return {name: Chain(name, **row) for name, row in table.items()}


def wheel_of(package: str, folder: Path) -> Path:
    """Return the wheel of a package, and download it into the folder if needed."""
    own = folder / package
    if not own.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        pip += ["--only-binary=:all:", "--dest", str(own), package]
        subprocess.run(pip, check=True)
    (found,) = own.glob("*.whl")
    return found


def version_of(wheel: Path) -> str:
    """Return the version that the name of a wheel tells."""
    return wheel.name.split("-")[1]


def config_of(folder: Path) -> Config:
    """Return a configuration that prints nothing."""
    return Config(str(folder / "alembic.ini"), stdout=io.StringIO())
