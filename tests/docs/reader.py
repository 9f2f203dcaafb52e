"""Types what the pages show, in an application of ours."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docs.command_lines import complete, subcommand
from tests.docs.console import blocks
from tests.docs.shown import PACKAGE, ROOT
from tests.support.db import Db

APPLICATION = Path(__file__).parent / "application"
URL = re.compile(r"postgres(?:ql)?(\+\w+)?://[^\s\"]+|(?<=url=)\.\.\.")
HEAD = "4f1c2d7a9b3e"
BEFORE = {"upgrade": "0002", "plan": "0002", "status": "0002"}
"""Where the database is for a command; for others it is at the head."""
CHANGING = {
    "backfill",
    "contract",
    "downgrade",
    "init",
    "merge",
    "queue",
    "revision",
    "stamp",
    "upgrade",
    "work",
}
CODES = {
    "doctor": {0, 1},
    "fleet": {0, 1},
    "lint": {0, 1, 2},
    "review": {0, 1, 2},
    "status": {0, 10, 20, 30},
}
"""The exit codes of a command that did what it is for; of others only 0."""


def env_py() -> str:
    """The first one of docs/env.md."""
    return next(
        block.text
        for block in blocks(ROOT / "docs/env.md")
        if block.text.startswith("from alembic_zdt import env")
    )


def copy_application(folder: Path) -> Path:
    """Make the application, as a git repository whose origin has all of it."""
    shutil.copytree(
        APPLICATION, folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    (folder / "migrations/env.py").write_text(env_py())
    shutil.copy(PACKAGE / "templates/zdt/script.py.mako", folder / "migrations")
    git = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["commit", "-q", "-m", "all"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
    ):
        subprocess.run([*git, *command], cwd=folder, check=True)
    return folder


@dataclass
class Reader:
    """Somebody at a terminal.

    Attributes:
        db: the application's database, which this test has for itself.
        folder: the application.
        environment: of the terminal.
    """

    db: Db
    folder: Path
    environment: Mapping[str, str]

    def stands_at(self, revision: str) -> None:
        """Begin with a new database at this revision."""
        self.db.execute(
            f"DROP SCHEMA {self.db.schema} CASCADE; CREATE SCHEMA {self.db.schema}"
        )
        done = self._run(f"alembic-zdt upgrade {revision}", self.folder)
        assert done.returncode == 0, done.stdout

    def stands_before(self, line: str) -> None:
        """Begin where this command has something to do."""
        command = subcommand(complete(line))
        self.stands_at(BEFORE.get(command, HEAD))
        if command == "queue":  # a call for a table of the same run is not queued
            self.stands_at("0002")
            self._run("alembic-zdt upgrade head", self.folder)
        if "--rename" in line:
            models = self.folder / "myapp/models.py"
            text = models.read_text().replace("    email:", "    email_address:")
            models.write_text(text.replace('"email")', '"email_address")'))
        kind = "queue" if command == "queue" else "backfill"
        if "resume" in line:
            self.types(f"alembic-zdt {kind} pause NAME")
        if "retry" in line:
            self.types("alembic-zdt queue cancel NAME")

    def types(self, line: str) -> str:
        """Type a line of a page; return what it printed.

        Raises:
            AssertionError: it failed.
        """
        if line.startswith("export "):
            name, _, value = self._with_url(line.removeprefix("export ")).partition("=")
            self.environment = {**self.environment, name: value}
            return ""
        command = self._with_url(complete(line))
        folder = self.folder
        if subcommand(command) == "init":
            folder = self.folder / "new"
            folder.mkdir(exist_ok=True)
        if re.match(
            r"alembic-zdt (fleet )?wait\b", command
        ):  # for what is left to workers, too
            self._run("alembic-zdt backfill run", folder)
        done = self._run(command, folder)
        codes = CODES.get(subcommand(command), {0})
        if "||" in line:
            codes = {0}
        said = f"$ {command}\n{done.stdout}\nexit code {done.returncode}"
        assert done.returncode in codes, said
        assert "Traceback" not in done.stdout, said
        return done.stdout

    def _with_url(self, line: str) -> str:
        def found(match: re.Match[str]) -> str:
            return self.db.url((match[1] or "+psycopg").removeprefix("+"))

        return URL.sub(found, line)

    def _run(self, line: str, folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
