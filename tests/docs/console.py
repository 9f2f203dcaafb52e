"""Runs what a page shows: its console blocks, and the SQL of a second session.

A ``console`` block holds commands (``$ ...``), each with what it prints.  ``...``
stands for anything; seconds, pids, tries and sizes are not compared.  A command must
fail exactly when its shown output has ``FAILED`` or a finding that fails.  An ``sql``
block runs in a second session that stays open until the end of the page.  A comment
``<!-- first: ... -->`` before a block is a command that readers do not see.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alembic_zdt.exit_codes import EXIT_CODES

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARKS = re.compile(r"((?:<!-- [^\n]* -->\n)*)\Z")
NOT_RUN = re.compile(r"<!-- not run: (.+) -->")
FIRST = re.compile(r"<!-- first: (.+) -->")
SOURCE = re.compile(r"<!-- from (\S+) -->")
FAILURE = re.compile(
    r"^FAILED|: error: |^(error|warning): |^\* \*\*error\*\* ", re.MULTILINE
)
CHANGING = (
    (re.compile(r"\d+(\.\d+)? m?s\b"), "N s"),
    (re.compile(r"\bpid \d+"), "pid N"),
    (re.compile(r"\b\d+ tries"), "N tries"),
    (re.compile(r"\babout [\d,]+ rows, [\d.]+ [kMG]?B"), "about N rows, N MB"),
    (
        re.compile(r", [\d,]+ reads and writes a second"),
        ", N reads and writes a second",
    ),
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with the comments that stand before it.

    Attributes:
        language: of its fence.
        text: what is in it.
        line: of its fence.
        marks: the comments, which readers do not see.
    """

    language: str
    text: str
    line: int = 0
    marks: str = ""

    @property
    def reason(self) -> str:
        """Why it cannot be run here."""
        return _word(NOT_RUN, self.marks)

    @property
    def first(self) -> list[str]:
        """What has to be run before it, so that it shows what is written."""
        return FIRST.findall(self.marks)

    @property
    def source(self) -> str:
        """The file that it is taken from."""
        return _word(SOURCE, self.marks)


def _word(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


@dataclass(frozen=True)
class Command:
    """A command and what a page says that it prints."""

    line: str
    shown: str

    @property
    def fails(self) -> bool:
        """Whether the page shows a failure."""
        return bool(FAILURE.search(self.shown))

    @property
    def succeeds(self) -> set[int]:
        """The exit codes of a success: ``status`` tells the next phase by its own."""
        is_status = self.line.startswith("alembic-zdt status")
        return {0, *EXIT_CODES["status"]} if is_status else {0}


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    text = page.read_text()
    for found in FENCE.finditer(text):
        before = text[: found.start()]
        marks = MARKS.search(before)
        line = before.count("\n") + 1
        yield Block(found[1], found[2], line, marks[1] if marks else "")


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        yield Command(line, shown.strip())


def run(command: Command, folder: Path, environment: Mapping[str, str]) -> None:
    """Run it, and compare."""
    done = subprocess.run(
        ["sh", "-c", command.line],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    printed = f"$ {command.line}\n{done.stdout}"
    assert (done.returncode not in command.succeeds) == command.fails, printed
    if command.shown:
        assert same(command.shown, done.stdout), printed


def same(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed."""
    parts = [re.escape(part) for part in normal(shown).split("...")]
    return bool(re.fullmatch(".*".join(parts), normal(printed), re.DOTALL))


def normal(text: str) -> str:
    """The text without what changes from run to run."""
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
