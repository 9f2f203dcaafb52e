"""The walks of docs/house.md are those that the code takes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from alembic_zdt import cli

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "house.md").read_text()
FILE = re.compile(r"`(alembic_zdt/[\w/]+\.py)`")
STOP = re.compile(r"^\d+\. `(\S+\.py)`, `(\S+)`", re.MULTILINE)


def walk(title: str) -> list[tuple[str, str]]:
    """Return the files and functions of a walk."""
    return STOP.findall(PAGE.partition(f"## {title}")[2].partition("\n## ")[0])


@contextmanager
def called() -> Iterator[list[tuple[str, str]]]:
    """Keep the functions of the package in the order of their first calls."""
    found: dict[tuple[str, str], None] = {}
    order: list[tuple[str, str]] = []
    folder = f"{ROOT}/"

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            code = frame.f_code
            name = code.co_qualname
            found.setdefault((code.co_filename.removeprefix(folder), name))

    sys.setprofile(profile)
    try:
        yield order
    finally:
        sys.setprofile(None)
        order += found


def of_call(project: Any) -> Callable[[], object]:
    project.revision("r1", 'op.create_index_concurrently("ix", "users", ["email"])')
    return project.upgrade


def of_finding(project: Any) -> Callable[[], object]:
    project.revision("r1", 'op.create_index("ix", "users", ["email"])')

    def lint() -> None:
        with pytest.raises(SystemExit, match="2"):
            cli.main(["-c", str(project.ini), "lint"])

    return lint


@pytest.mark.parametrize(
    ("title", "made"),
    [("One call", of_call), ("One finding", of_finding)],
    ids=["call", "finding"],
)
def test_walk_is_the_way_through_the_code(db, project, title, made):
    """The second run, when all modules are imported."""
    db.execute("CREATE TABLE users (id bigint PRIMARY KEY, email text)")
    run = made(project)
    run()
    project.downgrade("base")

    with called() as order:
        run()

    steps = walk(title)
    assert len(steps) >= 10
    assert sorted(set(steps) & set(order), key=order.index) == steps


def test_files_of_the_map_exist():
    missing = [name for name in FILE.findall(PAGE) if not (ROOT / name).exists()]

    assert missing == []
