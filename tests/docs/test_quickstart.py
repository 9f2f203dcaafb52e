"""The quickstart is followed to the letter, in an empty folder and environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.console import blocks, commands, run

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/quickstart.md"
EXAMPLE_URL = "postgresql://user:secret@127.0.0.1/shop"
CHECKOUT = ("alembic_zdt", "LICENSE", "README.md", "pyproject.toml")
OF_THIS_PROCESS = ("PYTHON", "VIRTUAL_ENV", "DATABASE_URL", "PG", "COV", "PYTEST")

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    """Nothing but the checkout."""
    for name in CHECKOUT:
        there = tmp_path / "alembic-zdt" / name
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, there, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, there)
    return tmp_path


@pytest.fixture
def environment(db, tmp_path_factory):
    """That of a person who has activated nothing; the schema is the test's."""
    python = tmp_path_factory.mktemp("bin") / "python3"
    python.symlink_to(sys._base_executable)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(OF_THIS_PROCESS)
    }
    path = os.pathsep.join(
        part
        for part in os.environ["PATH"].split(os.pathsep)
        if not Path(part, "alembic").exists()
    )
    path = os.pathsep.join((str(python.parent), path))
    return kept | {"PATH": path, "PGOPTIONS": f"-c search_path={db.schema}"}


def shell(script, folder, environment):
    """Run it, and return the environment that it leaves behind."""
    done = subprocess.run(
        ["sh", "-ec", f"{script}\nenv -0"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pairs = done.stdout.rpartition("\n")[2].split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def test_quickstart_works_as_it_is_written(db, folder, environment):
    text = PAGE.read_text()
    assert text.count(EXAMPLE_URL) == 1
    files = iter(re.findall(r"`(migrations/versions/\S+\.py)`", text))

    for block in blocks(PAGE):
        if block.language == "sh":
            script = block.text.replace(EXAMPLE_URL, db.url("psycopg"))
            environment = shell(script, folder, environment)
        elif block.language == "python":
            (folder / next(files)).write_text(block.text)
        else:
            assert block.language == "console"
            for command in commands(block):
                run(command, folder, environment)

    assert next(files, None) is None
    assert db.value(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass",
        "ix_orders_placed_at",
    )


def test_install_lines_of_the_readme_work(folder, environment):
    """From the checkout, as in the quickstart, and from a wheel."""
    readme = (ROOT / "README.md").read_text()
    from_checkout, from_wheel = re.findall(r"^pip install .+$", readme, re.MULTILINE)
    assert from_checkout in PAGE.read_text()
    pip = f'pip() {{ "{sys.executable}" -m pip --python venv/bin/python "$@"; }}'
    plan = folder / "plan.json"

    shell(
        f"python3 -m venv --without-pip venv\n{pip}\n"
        "pip wheel --quiet --no-deps --wheel-dir alembic-zdt/dist ./alembic-zdt\n"
        f"{from_wheel} --dry-run --quiet --report {plan}",
        folder,
        environment,
    )

    found = re.findall(r'"url": "(file://\S+/alembic_zdt-\S+\.whl)"', plan.read_text())
    assert [Path(url).parent.name for url in found] == ["dist"]
    assert re.search(r'"name": "psycopg"', plan.read_text())
