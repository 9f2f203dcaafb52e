"""Writes the file behind ``alembic-zdt explain`` from the pages of the documentation.

A terminal opens no link to another page, so only the words of such a link stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from alembic_zdt.commands.explain import MARKER
from alembic_zdt.errors import ZdtError
from tools import docs_checks, docs_reference
from tools.markdown import NOTICE

LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\(([^)\s]+)\)")
SECTION = re.compile(r"^## (\S+)$", re.MULTILINE)


def text() -> str:
    """Return all pages, each behind a line with its id."""
    pages = (f"{MARKER.format(name)}\n{page}" for name, page in _pages())
    return "\n\n".join((NOTICE, *pages)) + "\n"


def _pages() -> Iterator[tuple[str, str]]:
    head, *sections = SECTION.split(docs_reference.errors_page())
    yield ZdtError.anchor, _plain(head)
    for name, section in zip(sections[::2], sections[1::2], strict=True):
        yield name, _plain(f"# {name}\n\n{section.strip()}")
    for path, make in docs_checks.pages().items():
        name = path.rpartition("/")[2].removesuffix(".md")
        if name != "index":
            yield name, _plain(make())


def _plain(page: str) -> str:
    return LINK.sub(_link, page.replace(f"{NOTICE}\n\n", "")).strip()


def _link(found: re.Match[str]) -> str:
    words, target = found.groups()
    return f"{words}: {target}" if target.startswith("https://") else words
