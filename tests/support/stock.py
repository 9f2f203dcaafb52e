"""Projects of stock Alembic, run in a process with this package and in one without."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.db import Db
from tests.support.forking import Forker
from tests.support.project import Running

Step = tuple[str, ...]
"""``alembic ...``, ``flask ...``, ``python CODE``, ``write PATH TEXT``, ``zip PATH
FOLDER``, ``append PATH TEXT`` or ``replace PATH OLD NEW``."""

RUN = r"""
import json, pathlib, shutil, sys, traceback
steps = json.loads(sys.argv[2])
from alembic.config import main as alembic

def flask(argv):
    from flask.cli import main
    sys.argv[:] = ["flask", *argv]
    main()

def python(argv):
    exec(argv[0], {"__name__": "__main__"})

def edit(kind, path, *texts):
    file = pathlib.Path(path)
    if kind == "write":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(texts[0])
    elif kind == "append":
        file.write_text(file.read_text() + texts[0])
    elif kind == "zip":
        shutil.make_archive(path.removesuffix(".zip"), "zip", *texts)
        shutil.rmtree(texts[0])
    else:
        before = file.read_text()
        assert texts[0] in before, (path, texts[0])
        file.write_text(before.replace(texts[0], texts[1]))

RUNS = {"alembic": lambda argv: alembic(argv, prog="alembic"), "flask": flask,
        "python": python}
for kind, *words in steps:
    if kind not in RUNS:
        edit(kind, *words)
        continue
    for stream in (sys.stdout, sys.stderr):
        print("$", kind, *words, file=stream, flush=True)
    try:
        RUNS[kind](words)
    except SystemExit as ended:
        print("exit", ended.code or 0)
    except BaseException as error:  # the frames of a traceback differ
        print("raised", *traceback.format_exception_only(error))
sys.stdout.flush()
print("loaded", "alembic_zdt" in sys.modules, file=sys.stderr)
"""


@dataclass(frozen=True)
class Stock:
    """A project.

    Attributes:
        name: of it.
        steps: how it is made, and what is run; ``{url}`` is that of the database.
        driver: of the URL.
        env: environment variables.
        setup: SQL that makes what is there before.
    """

    name: str
    steps: tuple[Step, ...]
    driver: str = "psycopg"
    env: Mapping[str, str] = field(default_factory=dict)
    setup: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a project did."""

    stdout: str
    stderr: str
    files: Mapping[str, str]
    catalog: Any
    is_loaded: bool


def run_stock(project: Stock, folder: Path, db: Db, forker: Forker) -> Outcome:
    """Make a project in an empty folder and an empty schema, and run it.

    Args:
        project: what is made and run.
        folder: does not exist yet.
        db: whose schema is emptied.
        forker: of ``with`` or ``without``.
    """
    folder.mkdir()
    _empty(db)
    for statement in project.setup:
        db.execute(statement)
    words = {"url": db.url(project.driver), "schema": db.schema}
    steps = [[_filled(text, words) for text in step] for step in project.steps]
    environment = os.environ | dict(project.env)
    if "PYTHONPATH" in project.env:
        environment["PYTHONPATH"] = str(folder / project.env["PYTHONPATH"])
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        environment.pop(name, None)
    arguments = [RUN, json.dumps(steps)]
    done = Running(forker.start(arguments, folder, environment)).wait()
    assert done.rc == 0, done.output
    said, _, loaded = done.stderr.rpartition("loaded ")
    clean = _cleaner(folder, db)
    return Outcome(
        clean(done.stdout),
        clean(said),
        _files(folder, clean),
        db.catalog(),
        loaded.strip() == "True",
    )


def _empty(db: Db) -> None:
    db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _cleaner(folder: Path, db: Db) -> Callable[[str], str]:
    def clean(text: str) -> str:
        text = text.replace(str(folder), "FOLDER")
        text = text.replace(db.url(), "URL")
        return re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?", "TIME", text)

    return clean


def _files(folder: Path, clean: Callable[[str], str]) -> dict[str, str]:
    """Their texts; of compiled ones and databases only that they are there."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            text = "" if path.suffix in {".pyc", ".db", ".zip"} else path.read_text()
            found[str(path.relative_to(folder))] = clean(text)
    return found
