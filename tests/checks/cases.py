"""The corpus: revisions as people write them, each with what is to be found in it.

A file ``corpus/<subject>/<name>.py`` is a case.  So is a folder there, for what takes
several revisions or other files: its files are the folder ``versions`` of a project,
what is in its folder ``project`` stands beside ``alembic.ini``.

What is expected is said by comments, on the line where it is to be said:

* ``# found: create-index, drop-column x2``: these checks find something
* ``# not looked at: EXECUTE``: a part of the reason
* ``# overlooked: change-rows``: PostgreSQL would stall, and the check cannot know
* ``# false alarm: add-unique``: the check finds it, and PostgreSQL would not stall

``# back, found: drop-index`` is of the way back, and ``;`` separates several.
``# stub: shop``, ``# x: tenant=a``, ``# environment: NAME=value`` are what it is run
with, and ``# process: own`` is for what would change Alembic for other tests.
Most have an empty downgrade(), so that what they are about stands out.
PostgreSQL decides what is right, not what the tool says today.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config

CORPUS = Path(__file__).with_name("corpus")
ENV = """\
from alembic import context

context.configure(url="postgresql://nobody@127.0.0.1:1/nowhere")
with context.begin_transaction():
    context.run_migrations()
"""
INI = """\
[alembic]
script_location = %(here)s/migrations
prepend_sys_path = %(here)s
path_separator = os

[alembic_zdt]
check_modes = empty-downgrade=off
"""

Place = tuple[str, int]
"""The name of a file, and a line there."""

_NOTE = re.compile(
    r"(?P<back>back, )?(?P<kind>found|not looked at|overlooked|false alarm"
    r"|stub|x|environment|process): *(?P<what>.+)"
)
_TIMES = re.compile(r"(?P<check>[a-z-]+)(?: x(?P<number>\d+))?")


@dataclass(frozen=True)
class Note:
    """What a comment says.

    Attributes:
        kind: its first words.
        is_back: whether it is of ``downgrade()``.
        place: where it stands.
        what: checks, a part of a reason, an option.
    """

    kind: str
    is_back: bool
    place: Place
    what: str

    @property
    def checks(self) -> Counter[tuple[Place, str]]:
        """Those that it names, at its place."""
        found = Counter[tuple[Place, str]]()
        for part in self.what.split(","):
            match = _TIMES.fullmatch(part.strip())
            assert match, f"{self.place}: {part!r} is no id of a check"
            found[self.place, match["check"]] += int(match["number"] or 1)
        return found


@dataclass(frozen=True)
class Case:
    """A revision, or several that belong together.

    Attributes:
        path: of the file, or of the folder.
    """

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(CORPUS).with_suffix("").as_posix()

    @property
    def subject(self) -> str:
        """The folder that it stands in."""
        return self.path.parent.name

    @property
    def files(self) -> list[Path]:
        """The revisions."""
        return [self.path] if self.path.is_file() else sorted(self.path.glob("*.py"))

    @property
    def notes(self) -> list[Note]:
        """What its comments say."""
        return [note for file in self.files for note in _notes(file)]

    def told(self, kind: str) -> list[str]:
        """What its comments of a kind say."""
        return [note.what for note in self.notes if note.kind == kind]

    def found(self, *kinds: str, is_back: bool) -> Counter[tuple[Place, str]]:
        """The checks that find something, one way."""
        found = Counter[tuple[Place, str]]()
        for note in self.notes:
            if note.kind in kinds and note.is_back is is_back:
                found += note.checks
        return found

    def left_out(self, *, is_back: bool) -> list[tuple[Place, str]]:
        """What cannot be looked at, and why, one way."""
        return [
            (note.place, note.what)
            for note in self.notes
            if note.kind == "not looked at" and note.is_back is is_back
        ]

    def written_to(self, folder: Path) -> Config:
        """Make a project of it."""
        migrations = folder / "migrations"
        versions = migrations / "versions"
        versions.mkdir(parents=True)
        (migrations / "env.py").write_text(ENV)
        if self.path.is_file():
            shutil.copy(self.path, versions)
        else:
            shutil.copytree(self.path, versions, dirs_exist_ok=True)
            beside = versions / "project"
            if beside.exists():
                shutil.copytree(beside, folder, dirs_exist_ok=True)
        ini = folder / "alembic.ini"
        ini.write_text(INI)
        arguments = argparse.Namespace(x=self.told("x"))
        return Config(ini, stdout=io.StringIO(), cmd_opts=arguments)


def _notes(file: Path) -> Iterator[Note]:
    source = file.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        for part in token.string.removeprefix("#").split(";"):
            match = _NOTE.fullmatch(part.strip())
            if match:
                place = (file.name, token.start[0])
                yield Note(match["kind"], bool(match["back"]), place, match["what"])


CASES = [
    Case(path)
    for path in sorted(CORPUS.glob("*/*"))
    if path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__")
]
