"""The folders from which code of the base is imported."""

from __future__ import annotations

import os
import sys

from alembic_zdt.commands.compat import python_path


def test_packages_of_the_environment_stay_behind_the_standard_library(
    tmp_path, monkeypatch
):
    """Also where the environment is in the repository, or the repository in it."""
    top, tree = tmp_path / "clone", tmp_path / "tree"
    for folder in ("lib", "backend/src", ".venv/lib"):
        (top / folder).mkdir(parents=True)
        (tree / folder).mkdir(parents=True)
    found = [str(top / each) for each in (".venv/lib", "lib", "new")]
    monkeypatch.setattr(sys, "path", ["/usr/lib/python3", *found])
    monkeypatch.setattr(sys, "prefix", str(top / ".venv"))
    monkeypatch.setenv("PYTHONPATH", "given")

    of_the_base = python_path.of_the_base(top, tree, tree / "backend").split(os.pathsep)

    expected = [str(tree / each) for each in ("lib", "backend", "backend/src")]
    assert of_the_base == [*expected, "given"]
    of_the_branch = python_path.of_the_branch(top).split(os.pathsep)
    assert of_the_branch == [*found[1:], "given"]
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert python_path.of_the_branch(top).split(os.pathsep) == [*found, "given"]
