"""What the page on releasing tells one to run and to edit exists."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

import alembic_zdt
from tools import binaries, matrix

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "releasing.md").read_text()
CODE = re.findall(r"`([^`]+)`", PAGE)
MADE = {"dist/"}
PATHS = [
    word
    for word in CODE
    if word not in MADE
    and re.fullmatch(r"(?!\.venv)[\w./]*(/|\.md|\.py|\.toml)\w*", word)
]


def test_page_begins_with_the_repository_that_everything_links_to():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert PAGE.index(f"<{project['urls']['Repository']}> must exist") < PAGE.index(
        "1. "
    )


@pytest.mark.parametrize("command", [c for c in CODE if c.startswith("make ")])
def test_target_exists(command):
    makefile = (ROOT / "Makefile").read_text()
    for target in shlex.split(command)[1:]:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("command", ["towncrier build", "twine upload"])
def test_program_is_installed_by_the_project(command):
    """By ``make venv``, or by what ``make build`` adds."""
    program = command.split()[0]
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    added = " ".join(groups["release"])

    assert f"`{command}`" in PAGE
    assert Path(sys.executable).with_name(program).exists() or f"{program}>=" in added


@pytest.mark.parametrize("path", PATHS)
def test_file_or_folder_exists(path):
    assert (ROOT / path).exists()


def test_names_in_the_code_exist():
    assert PATHS
    for name, owner in (
        ("RELEASES", binaries),
        ("AWAITED", binaries),
        ("LIBRARIES", matrix),
        ("__version__", alembic_zdt),
    ):
        assert f"`{name}`" in PAGE
        assert hasattr(owner, name)


def test_ci_runs_what_the_page_says_of_it():
    """Each target is a stage."""
    stages = (ROOT / ".ci" / "run").read_text()
    targets = {c.split()[1] for c in CODE if c.startswith("make ")}
    left_out = {"generate"}

    for target in targets - left_out:
        assert f"make {target}" in stages, target
