"""Words that a reader has to read twice, in the texts of the package and the docs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "alembic_zdt"
FOLDERS = sorted({path.parent for path in PACKAGE.rglob("*.py")})
PAGES = [
    ROOT / "README.md",
    *(
        page
        for page in sorted((ROOT / "docs").rglob("*.md"))
        if "adr" not in page.parts
    ),
]

NOT_OF_THE_FIELD = re.compile(
    r".{0,40}\b(?:anew|besides?|everybody|in step|leftovers? of|likewise|nobody|said"
    r"|somebody|stands on|taken back|way back|what is there|whoever)\b.{0,20}",
    re.IGNORECASE,
)
PRESUPPOSED = re.compile(
    r".{0,40}\b(?:lock strategy|no telling|nothing is known|stands? behind"
    r"|the condition that|written down)\b.{0,20}",
    re.IGNORECASE,
)
"""Phrases of the package that say what only their author knows."""
CODE = re.compile(r"^(```|~~~).*?^\1|``.+?``|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def found_in(text: str, words: re.Pattern[str] = NOT_OF_THE_FIELD) -> list[str]:
    return words.findall(CODE.sub("", text))


def texts(path: Path) -> Iterator[str]:
    """Yield docstrings, messages, help texts and comments."""
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
    yield from re.findall(r"(?:^|  )# (.*)", source, re.MULTILINE)


@pytest.mark.parametrize("text", ["make it anew", "Nobody waits", "a way back"])
def test_a_word_of_no_field_is_found(text):
    assert found_in(text) == [text]


def test_code_is_not_judged():
    assert found_in("`anew` and ``besides``\n```\nnobody\n```\n") == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name)
def test_texts_of_the_package_have_the_words_of_the_field(folder):
    found = [
        f"{path.name}: {words}"
        for path in sorted(folder.glob("*.py"))
        for text in texts(path)
        for words in (*found_in(text), *found_in(text, PRESUPPOSED))
    ]

    assert found == []


@pytest.mark.parametrize(
    "script", sorted(PACKAGE.rglob("*.sql")), ids=lambda script: script.name
)
def test_sql_of_the_package_has_the_words_of_the_field(script):
    text = script.read_text()

    assert [*found_in(text), *found_in(text, PRESUPPOSED)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_have_the_words_of_the_field(page):
    assert found_in(page.read_text()) == []
