"""Keeps the tables of other tools' checks in ``docs/howto/from-other-tools.md``.

The names come from ``elsewhere`` of each check.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from alembic_zdt.checks.registry import own_checks
from tools.markdown import between, code, table

PAGE = Path(__file__).resolve().parents[1] / "docs/howto/from-other-tools.md"
TOOLS = ("strong_migrations", "squawk", "eugene")


def page() -> str:
    """Return the page with its tables renewed."""
    text = PAGE.read_text(encoding="utf-8")
    for tool in TOOLS:
        found = table((f"check of {tool}", "check here"), _rows(tool))
        text = between(text, f"checks of {tool}", found)
    return text


def _rows(tool: str) -> Iterator[tuple[str, str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for check in sorted(own_checks(), key=lambda each: each.id):
        if tool in check.elsewhere:
            found[check.elsewhere[tool]].append(check.id)
    for theirs, ours in sorted(found.items(), key=_natural):
        links = ", ".join(f"[{code(each)}](../checks/{each}.md)" for each in ours)
        yield code(theirs), links


def _natural(item: tuple[str, list[str]]) -> tuple[int, str]:
    """Sort ``E10`` behind ``E9``."""
    return len(item[0]) if item[0][1:].isdigit() else 0, item[0]
