"""What holds for the whole repository, whoever wrote which part."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "alembic_zdt"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 350

# Names of somebody's machine, and words that promise what no code keeps.  They are
# put together here, so that this file does not contain them.
FORBIDDEN = {
    "a private path": "/wo" + r"rk/|/tm" + r"p/w/",
    "a package index host": "files" + r"\.pythonhosted|/sim" + r"ple/?\b",
    "an unfinished end": r"#.*\b(FIX" + r"ME|TO" + r"DO|X" + r"XX)\b",
    "an untold failure": r"except Exc" + r"eption:\s*pass",
}


def _id(path):
    return str(path.relative_to(ROOT))


def committed_files():
    """Return every text file that git knows, or all files in an unpacked sdist."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize("path", MODULES, ids=_id)
def test_module_says_first_what_it_is_for(path):
    """Every module starts with a docstring."""
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), f"{_id(path)} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=_id)
def test_module_fits_in_a_head(path):
    """A module over 350 lines is two stories."""
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_layers_hold():
    """Imports go down only, as the contracts in pyproject.toml say."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_contains(what):
    """The words that have no place in a committed file."""
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{_id(path)}:{number}: {line.strip()[:80]}"
        for path in committed_files()
        for number, line in enumerate(_text(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_python_files_do_not_sleep():
    """Tests poll a condition; only the launcher and the runner may pause."""
    pattern = re.compile(r"\btime\.sleep\(|asyncio\.sleep\(")
    found = [
        _id(path)
        for path in committed_files()
        if path.suffix == ".py" and path.is_relative_to(ROOT / "tests")
        if path != Path(__file__) and pattern.search(path.read_text())
    ]
    assert found == []


def test_no_test_mocks_the_database():
    """Real PostgreSQL only."""
    pattern = re.compile(r"unittest\.mo" + r"ck|Magic" + r"Mock|pytest_mo" + r"ck")
    found = [
        _id(path)
        for path in committed_files()
        if path.suffix == ".py" and pattern.search(path.read_text())
    ]
    assert found == []


def _text(path):
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""
