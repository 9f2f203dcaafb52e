"""Builds the wheel and the sdist, and uses them as somebody does who has no checkout.

``make build`` runs it: metadata, contents, an installation in an empty environment
outside of the checkout, a migration on a throwaway server there, and the demo from the
unpacked sdist.  The archives stay in ``dist/``.
"""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from tools.environments import ROOT, empty_environment
from tools.long_description import relative_links
from tools.postgres import Cluster

DIST = ROOT / "dist"
DEMO_ROWS = "2000"

IN_WHEEL = (
    "alembic_zdt/__init__.py",
    "alembic_zdt/backfill/script.sql",
    "alembic_zdt/board/board.css",
    "alembic_zdt/board/board.mako",
    "alembic_zdt/commands/explanations.md",
    "alembic_zdt/commands/output_schema.json",
    "alembic_zdt/op.pyi",
    "alembic_zdt/py.typed",
    "alembic_zdt/runner/script/preamble.sql",
    "alembic_zdt/runner/script/preamble_psql.sql",
    "alembic_zdt/templates/zdt/alembic.ini.mako",
    "alembic_zdt/templates/zdt/env.py",
    "alembic_zdt/templates/zdt/script.py.mako",
    "pytest_alembic_zdt.py",
)
OURS_IN_WHEEL = ("alembic_zdt", "pytest_alembic_zdt.py")
IN_SDIST = (
    ".ci/run",
    ".github/workflows/ci.yml",
    ".pre-commit-config.yaml",
    ".pre-commit-hooks.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "PKG-INFO",
    "README.md",
    "alembic_zdt/py.typed",
    "benchmarks/stall.py",
    "docs/index.md",
    "examples/shop/demo.py",
    "pyproject.toml",
    "tests/conftest.py",
    "tools/postgres.py",
)
NEVER = ("__pycache__", ".pyc", ".venv", ".postgres", ".pgbouncer", "/build/", "/dist/")

REVISION = '''\
"""Index users.email."""

import sqlalchemy as sa
from alembic_zdt import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("users", sa.Column("email", sa.Text))
    op.create_index_concurrently("ix_users_email", "users", ["email"])


def downgrade() -> None:
    op.drop_table("users")
'''
IS_VALID = """
import sys
import psycopg

query = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
with psycopg.connect(sys.argv[1]) as connection:
    assert connection.execute(query, ["ix_users_email"]).fetchall() == [(True,)]
"""
WHERE = "import alembic_zdt; print(alembic_zdt.__file__)"


class BuildError(RuntimeError):
    """What was built is not what it should be."""


class Built(NamedTuple):
    """The two archives of a version."""

    wheel: Path
    sdist: Path


def build(archives: Built) -> None:
    """Build both archives; the wheel is made from the sdist."""
    for archive in archives:
        archive.unlink(missing_ok=True)
    run(sys.executable, "-m", "build", "--outdir", DIST, ROOT)


def built() -> Built:
    """Return where the archives of this version are, or will be."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    stem = f"alembic_zdt-{tomllib.loads(text)['project']['version']}"
    return Built(DIST / f"{stem}-py3-none-any.whl", DIST / f"{stem}.tar.gz")


# ------------------------------------------------------------------------- contents


def check_metadata(archives: Built) -> None:
    """Check that an index takes the archives, and that no link is relative.

    Raises:
        BuildError: the long description has relative links.
    """
    run(sys.executable, "-m", "twine", "check", "--strict", *archives)
    dead = relative_links(long_description(archives.wheel))
    if dead:
        msg = f"the long description has relative links: {', '.join(dead)}"
        raise BuildError(msg)


def long_description(wheel: Path) -> str:
    """Return the text that an index shows."""
    with zipfile.ZipFile(wheel) as content:
        (name,) = [n for n in content.namelist() if n.endswith("dist-info/METADATA")]
        message = email.message_from_string(content.read(name).decode())
    return str(message.get_payload())


def check_contents(archives: Built) -> None:
    """Check which files are in the archives.

    Raises:
        BuildError: files are missing, or should not be there.
    """
    with zipfile.ZipFile(archives.wheel) as wheel:
        found = wheel.namelist()
    raise_on(missing_files(IN_WHEEL, found), stray_files(found, OURS_IN_WHEEL))
    with tarfile.open(archives.sdist) as sdist:
        names = [name.partition("/")[2] for name in sdist.getnames()]
    raise_on(missing_files(IN_SDIST, names), stray_files(names, ""))


def missing_files(wanted: Iterable[str], found: Iterable[str]) -> list[str]:
    """Return a complaint for each file that is not there."""
    there = set(found)
    return [f"{name} is missing" for name in wanted if name not in there]


def stray_files(found: Iterable[str], prefix: str | tuple[str, ...]) -> list[str]:
    """Return a complaint for each file that does not belong into an archive."""
    return [
        f"{name} does not belong there"
        for name in found
        if not name.startswith(prefix) or any(part in f"/{name}" for part in NEVER)
    ]


def raise_on(*complaints: list[str]) -> None:
    """Raise one error with all complaints.

    Raises:
        BuildError: there is one.
    """
    found = [each for part in complaints for each in part]
    if found:
        raise BuildError("; ".join(found))


# ------------------------------------------------------------------------------ use


def check_installed(archives: Built) -> None:
    """Install the wheel where no checkout is, and migrate a database with it."""
    with tempfile.TemporaryDirectory(prefix="zdt-build-") as name:
        folder = Path(name)
        wheel = f"alembic-zdt[psycopg,parse] @ {archives.wheel.as_uri()}"
        python = empty_environment(folder / "venv", wheel)
        check_imported(python, folder)
        with Cluster() as cluster:
            migrate(python, folder, cluster.dsn("postgres", driver="psycopg"))
            run(python, "-c", IS_VALID, cluster.dsn("postgres"), cwd=folder)


def check_imported(python: Path, folder: Path) -> None:
    """Check that the command and the typed ``op`` are those of the wheel.

    Raises:
        BuildError: the package of the checkout was imported.
    """
    run(python.with_name("alembic-zdt"), "--help", cwd=folder)
    for name in ("lock-not-available", "create-index"):
        run(python.with_name("alembic-zdt"), "explain", name, cwd=folder)
    run(python, "-c", "from alembic_zdt import op", cwd=folder)
    where = Path(_output(python, "-c", WHERE, cwd=folder))
    if not where.is_relative_to(folder):
        msg = f"alembic_zdt was imported from {where}"
        raise BuildError(msg)


def migrate(python: Path, folder: Path, url: str) -> None:
    """Make a project with Alembic's own template, and upgrade a database."""
    alembic = python.with_name("alembic")
    run(alembic, "init", "migrations", cwd=folder)
    ini = folder / "alembic.ini"
    stock = "sqlalchemy.url = driver://user:pass@localhost/dbname"
    ini.write_text(ini.read_text().replace(stock, f"sqlalchemy.url = {url}"))
    (folder / "migrations" / "versions" / "0001_index.py").write_text(REVISION)
    run(alembic, "upgrade", "head", cwd=folder)


def check_sdist(archives: Built) -> None:
    """Unpack the sdist, let pytest find all tests in it, and run its demo."""
    with tempfile.TemporaryDirectory(prefix="zdt-sdist-") as name:
        with tarfile.open(archives.sdist) as sdist:
            sdist.extractall(name, filter="data")
        (folder,) = Path(name).iterdir()
        collect = (sys.executable, "-m", "pytest", "--collect-only", "-qq", "-n", "0")
        run(*collect, cwd=folder)
        demo = ("make", "demo", f"ROWS={DEMO_ROWS}", "ARGS=--reader-seconds=1")
        run(*demo, f"PYTHON={sys.executable}", cwd=folder)


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a command; print what it said only if it fails.

    Raises:
        BuildError: it failed.
    """
    done = subprocess.run(
        command,
        cwd=cwd,
        env=_variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words = " ".join(map(str, command))
        msg = f"{words} ended with exit code {done.returncode}:\n{done.stdout}"
        raise BuildError(msg)


def _output(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=_variables(), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _variables() -> dict[str, str]:
    """Return the environment without what would lead into the checkout."""
    lead_back = {"PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "ARGS"}
    return {name: text for name, text in os.environ.items() if name not in lead_back}


CHECKS: tuple[Callable[[Built], None], ...] = (
    build,
    check_metadata,
    check_contents,
    check_installed,
    check_sdist,
)


def main() -> int:
    """Build, and run every check; return 1 when one fails."""
    archives = built()
    try:
        for check in CHECKS:
            began = time.monotonic()
            check(archives)
            seconds = time.monotonic() - began
            print(f"{check.__name__:16} ok {seconds:6.1f} s", flush=True)
    except BuildError as error:
        print(f"FAILED: {error}")
        return 1
    print(f"built {archives.wheel.name} and {archives.sdist.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
