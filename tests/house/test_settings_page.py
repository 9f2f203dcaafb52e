"""The settings are described once, in sentences, and with the defaults of the code."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from alembic_zdt.settings import Settings, duration
from tools.docs_reference import settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/settings.md"
TEMPLATE = ROOT / "alembic_zdt/templates/zdt/alembic.ini.mako"
DESCRIBED = tuple(settings())
EMPTY = "empty"

each = pytest.mark.parametrize("setting", DESCRIBED, ids=lambda found: found[0])


@each
def test_description_is_made_of_sentences(setting):
    """It can be read without the name, the default, or the line before."""
    _name, _default, text = setting
    sentences = re.split(r"(?<=[.!?])\s+", text)

    assert text.endswith(".")
    assert len(text.split()) > 6
    for sentence in sentences:
        assert re.match(r"[A-Z`]", sentence), sentence
        assert len(sentence.split()) <= 25, sentence


@each
def test_default_on_the_page_is_that_of_the_code(setting):
    """Read back from the page, as a reader would type it."""
    name, _, _ = setting
    row = re.search(rf"^\| `{name}` \| (\S+) \|", PAGE.read_text(), re.MULTILINE)
    assert row
    written = "" if row[1] == EMPTY else row[1].strip("`")

    read = Settings.from_sources(("the page", {name: written}))
    assert getattr(read, name) == getattr(Settings(), name)


def test_page_has_every_setting_in_order():
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)

    assert rows == [field.name for field in fields(Settings)]


def test_template_shows_the_defaults():
    """A comment in the alembic.ini of ``alembic-zdt init`` can be uncommented."""
    shown = re.findall(r"^# (lock_\w+) = (\S+)$", TEMPLATE.read_text(), re.MULTILINE)

    assert [name for name, _ in shown] == ["lock_timeout", "lock_deadline"]
    for name, value in shown:
        assert duration(value) == getattr(Settings(), name)


@pytest.mark.parametrize(
    "file", ["docs/settings.md", "docs/how-locks-are-taken.md", "README.md"]
)
def test_bound_of_a_stall_is_told_the_same_everywhere(file):
    """It bounds one attempt, and timers enforce it, which may fire late."""
    text = " ".join((ROOT / file).read_text().split())

    assert "one attempt may block application queries" in text.lower()
    assert re.search(r"PostgreSQL's timers\b.*fire late", text)
