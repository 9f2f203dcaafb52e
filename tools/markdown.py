"""Small pieces of Markdown for the generated pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

SITES = {
    "alembic.sqlalchemy.org": "Alembic documentation",
    "docs.sqlalchemy.org": "SQLAlchemy documentation",
    "www.postgresql.org": "PostgreSQL documentation",
}
NOTICE = "<!-- Made by `python -m tools.generate` from the code; edit that instead. -->"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table, with each ``|`` in a cell escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def code(text: str) -> str:
    """Write a word or statement of code."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def block(text: str, language: str = "python") -> str:
    """Write a block of code."""
    return f"```{language}\n{text}\n```"


def prose(docstring: str) -> str:
    """Write a docstring's paragraph with single backticks for double ones."""
    return re.sub(r"``(.+?)``", r"`\1`", " ".join(docstring.split()))


def semantic(text: str) -> str:
    """One sentence a line, which keeps differences readable."""
    return re.sub(r"(?<=[\w)`\"][.])\s+(?=[A-Z`])", "\n", text)


def reference(url: str) -> str:
    """Write a link to the documentation of another project, labelled by its host.

    Raises:
        KeyError: the host has no label yet.
    """
    return f"[{SITES[urlsplit(url).netloc]}]({url})"


def between(text: str, marker: str, content: str) -> str:
    """Replace what stands between the comments ``<!-- marker -->`` and its end.

    Raises:
        ValueError: the text has no such pair of comments.
    """
    begin, end = f"<!-- {marker} -->", f"<!-- end of {marker} -->"
    head, found, rest = text.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not found or not found_end:
        msg = f"there is no {begin} ... {end}"
        raise ValueError(msg)
    return f"{head}{begin}\n{content}\n{end}{tail}"
