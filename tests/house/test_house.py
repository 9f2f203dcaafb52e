"""What holds for the whole repository, whoever wrote which part."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "alembic_zdt"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 350

# Folders of tests that belong to no folder of the package.
OF_THE_WHOLE = {
    "benchmarks",
    "docs",
    "examples",
    "house",
    "roles",
    "stress",
    "support",
    "traffic",
    "typing",
}

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


def test_public_class_names_stand_once():
    """A reader who meets a name knows which class it is."""
    places = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(_id(path))

    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert twice == {}
    assert len(places) > 200


def test_module_names_stand_once():
    """A reader who meets a name knows which file it is; workflows have phases."""
    phases = {"base", "expand", "migrate", "contract", "__init__"}
    names = Counter(path.stem for path in MODULES if path.stem not in phases)

    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) > 400


def test_tests_are_laid_out_like_the_package():
    """The tests of a folder or of a module are found by its name."""
    files = [
        path.relative_to(ROOT / "tests")
        for path in committed_files()
        if path.is_relative_to(ROOT / "tests") and path.match("test_*.py")
    ]
    lost = [str(path) for path in files if not _has_place(path)]

    assert lost == []
    assert len(files) > 200


def _has_place(path):
    if path.parts[0] in OF_THE_WHOLE:
        return True
    if path.parent.name:
        return (PACKAGE / path.parent).is_dir()
    words = path.stem.split("_")[1:]
    names = ("_".join(words[: n + 1]) for n in range(len(words)))
    return any((PACKAGE / f"{name}.py").is_file() for name in names)


def test_operations_are_intercepted_in_one_module():
    """Plan, lint, guard, contract and autogenerate receive operations in one way."""
    rows = {"INVOKE", "FLUSH"}
    users = {
        _id(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in rows
    }
    assert users == {"alembic_zdt/alembic_compat/interception.py"}


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


def test_late_import_says_why_it_is_late():
    """Behind the name of the rule that it breaks."""
    rule = "noqa: " + "PLC0415"
    found = [
        f"{_id(path)}:{number}"
        for path in committed_files()
        if path.suffix == ".py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if rule in line and not re.search(rf"{rule}[\w, ]*  # \w", line)
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
