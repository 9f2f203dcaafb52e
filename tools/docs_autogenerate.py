"""Writes the table "model change -> what is generated", from the tests' cases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.autogenerate.cases import CASES, Case
from tools.markdown import NOTICE

GOLDEN = Path(__file__).resolve().parents[1] / "tests/autogenerate/changes/golden"
PHASE = re.compile(r'^zdt_phase = "(\w+)"$', re.MULTILINE)

HEAD = """\
Each of these changes is a test: the files are exactly as in
`tests/autogenerate/changes/golden`, applying them
leads to the same tables as applying what Alembic alone would write, and taking them
back leads to where it began.
The downgrade is written, too; it is left out here."""


def page() -> str:
    """All of them."""
    parts = [f"# What is generated\n\n{NOTICE}\n\n{HEAD}", *map(_section, CASES)]
    return "\n\n".join(parts) + "\n"


def _section(case: Case) -> str:
    title = case.title[:1].upper() + case.title[1:]
    return f"## {title}\n\n" + "\n\n".join(_phases(case))


def _phases(case: Case) -> Iterator[str]:
    text = (GOLDEN / f"{case.id}.txt").read_text(encoding="utf-8")
    for revision in text.split("\n##### "):
        (phase,) = PHASE.findall(revision)
        calls = "\n".join(_calls(revision))
        yield f"*{phase}*\n\n```text\n{calls}\n```"


def _calls(revision: str) -> Iterator[str]:
    body = revision.partition("def upgrade()")[2].partition("\n\n\n")[0]
    for line in body.splitlines()[1:]:
        text = line.removeprefix("    ")
        if text.strip() and not text.lstrip().startswith(("#", '"""')):
            yield text
