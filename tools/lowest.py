"""The tests marked ``compat`` with the oldest libraries that ``pip`` accepts.

``python -m tools.matrix lowest`` makes one environment with the lowest versions that
``pyproject.toml`` declares.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.environments import ROOT, compat_tests, environment

ENVIRONMENT = ".venv-lowest"
FLOOR = re.compile(r"([\w-]+)(?:\[[\w,]+\])?>=([\d.]+)")

VERSIONS = """
import importlib.metadata
import sys

print(*map(importlib.metadata.version, sys.argv[1:]))
"""


def floors() -> dict[str, str]:
    """Return the lowest version of each library of the package and of its extras."""
    return dict(_floors(_pyproject()["project"]))


def _floors(project: dict[str, Any]) -> Iterator[tuple[str, str]]:
    extras = project["optional-dependencies"].values()
    for requirements in (project["dependencies"], *extras):
        yield from _bounds(requirements)


def floors_of_tests() -> dict[str, str]:
    """Return the lowest version of each library that the tests install."""
    return dict(_bounds(_pyproject()["dependency-groups"]["test"]))


def _bounds(requirements: Sequence[str]) -> Iterator[tuple[str, str]]:
    for requirement in requirements:
        if found := FLOOR.match(requirement):
            yield found[1].lower(), found[2]


def on_lowest(arguments: Sequence[str]) -> dict[str, int]:
    """Run the marked tests with the lowest versions; return the exit code."""
    name = ", ".join(f"{library} {version}" for library, version in floors().items())
    print(f"\n=== {name}", flush=True)
    interpreter = Path(sys.executable)
    python = environment(ENVIRONMENT, interpreter, "--resolution=lowest-direct")
    wrong = not_lowest(python)
    if wrong:
        print(f"not the lowest version: {', '.join(wrong)}", flush=True)
    return {f"lowest: {name}": compat_tests(python, arguments) or int(bool(wrong))}


def not_lowest(python: Path) -> list[str]:
    """Return the libraries of an environment that are not at their lowest version."""
    wanted = floors()
    done = subprocess.run(
        [python, "-c", VERSIONS, *wanted], capture_output=True, text=True, check=True
    )
    return [
        f"{name} {found} instead of {lowest}"
        for (name, lowest), found in zip(
            wanted.items(), done.stdout.split(), strict=True
        )
        if not re.fullmatch(rf"{re.escape(lowest)}(\.0)*", found)
    ]


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
