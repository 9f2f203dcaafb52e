"""Keeps the tables of ``README.md`` current; the rest of it is written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tools.directives import directives
from tools.docs_directives import NEWEST, step_row
from tools.docs_reference import settings
from tools.markdown import between, code, table
from tools.recorded import operation_of, steps_of

README = Path(__file__).resolve().parents[1] / "README.md"
LOCK_COLUMNS = ("directive", "statement", "lock", "blocks", "full scan", "transaction")


def readme() -> str:
    """README.md with its tables made anew."""
    text = README.read_text(encoding="utf-8")
    text = between(text, "lock table", table(LOCK_COLUMNS, _lock_rows()))
    columns = ("setting", "default", "what it is")
    return between(text, "settings", table(columns, _setting_rows()))


def _lock_rows() -> Iterator[tuple[str, ...]]:
    for directive in directives():
        link = f"[{code(directive.name)}](docs/directives/{directive.name}.md)"
        operation = operation_of(directive.parts.example)
        for step in steps_of(operation, NEWEST):
            yield step_row(link, step)
            link = ""


def _setting_rows() -> Iterator[tuple[str, ...]]:
    for name, default, text in settings():
        short = text.split(";")[0].split(". ")[0].rstrip(".")
        yield code(name), default, short
