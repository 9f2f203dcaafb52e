"""A terminal with the shop in it, and programs that start quickly."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.docs.reader import Reader, copy_application
from tests.support.warm import warm_programs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def programs():
    """The folder with ``alembic`` and ``alembic-zdt``."""
    with warm_programs() as folder:
        yield folder


@pytest.fixture
def shop(tmp_path):
    """A copy of the example, as a reader would have it."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(ROOT / "examples/shop", tmp_path / "shop", ignore=ignored)


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory):
    """Where all pages' programs keep what they have compiled."""
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture
def terminal(db, programs, bytecode):
    """The environment of a terminal: the shop's address, our programs first."""
    paths = [programs, Path(sys.executable).parent, db.server.bin, os.environ["PATH"]]
    return (
        os.environ
        | db.server.environment(db.database)
        | {
            "PATH": os.pathsep.join(map(str, paths)),
            "PGOPTIONS": f"-c search_path={db.schema}",
            "PYTHONDONTWRITEBYTECODE": "",  # the page runs a dozen programs
            "PYTHONPYCACHEPREFIX": str(bytecode),
            "REPOSITORY": str(ROOT),
            "ZDT_DATABASE_URL": db.url("psycopg"),
            "SCRATCH_SERVER": db.server.dsn("postgres", "psycopg"),
        }
    )


@pytest.fixture
def reader(db, terminal, application, tmp_path):
    """Somebody in a copy of the application, with a database of their own."""
    folder = shutil.copytree(application, tmp_path / "application")
    own = {
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "DATABASE_URL": db.url("psycopg"),
        "GITHUB_BASE_REF": "main",
    }
    kept = {k: v for k, v in terminal.items() if k != "DATABASE_URL_SYNC"}
    return Reader(db, folder, kept | own)


@pytest.fixture(scope="session")
def application(tmp_path_factory):
    """The application of the commands in the documentation."""
    return copy_application(tmp_path_factory.mktemp("shown") / "application")
