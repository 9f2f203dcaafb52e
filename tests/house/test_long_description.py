"""The page of the package on an index has no dead link."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tools.long_description import relative_links

ROOT = Path(__file__).resolve().parents[2]


def _substituted(markdown):
    """What the build makes of it, which ``make build`` compares with the wheel."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    hook = pyproject["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    for each in hook["substitutions"]:
        markdown = re.sub(each["pattern"], each["replacement"], markdown)
    return markdown


def test_readme_has_no_relative_link_after_the_build():
    readme = (ROOT / "README.md").read_text()

    assert relative_links(readme)
    assert relative_links(_substituted(readme)) == []


BLOB = "https://github.com/alembic-zdt/alembic-zdt/blob/main"
RAW = "https://raw.githubusercontent.com/alembic-zdt/alembic-zdt/main"


@pytest.mark.parametrize(
    ("written", "built"),
    [
        ("[a](docs/a.md#b)", f"[a]({BLOB}/docs/a.md#b)"),
        ("![a](docs/a.svg)", f"![a]({RAW}/docs/a.svg)"),
        (
            "[![a](docs/a.svg)](docs/a.md)",
            f"[![a]({RAW}/docs/a.svg)]({BLOB}/docs/a.md)",
        ),
        ('<img src="docs/a.svg" alt="">', f'<img src="{RAW}/docs/a.svg" alt="">'),
        ('<a href="docs/a.md">a</a>', f'<a href="{BLOB}/docs/a.md">a</a>'),
        ("[a](https://example.org)", "[a](https://example.org)"),
        ("[a](#b)", "[a](#b)"),
    ],
)
def test_link_becomes_absolute(written, built):
    assert _substituted(written) == built
    assert relative_links(built) == []


@pytest.mark.parametrize(
    "markdown",
    ["[a](docs/a.md)", "![a](a.svg)", "<img src='a.svg'>", "[a]: docs/a.md"],
)
def test_relative_link_is_found(markdown):
    assert len(relative_links(markdown)) == 1


def test_code_is_no_link():
    assert relative_links("`[a](b)`\n\n```python\nrows[0](1)\n```\n") == []
