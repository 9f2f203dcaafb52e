"""A project in a git repository, with a branch that adds revisions."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alembic_zdt.commands.review import review

ORDERS = 'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))'


@dataclass
class Branch:
    """A repository whose branch ``work`` began at ``main``, which has r1."""

    project: Any
    folder: Path

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        command = ["git", *identity, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout

    def commit(self) -> None:
        """Commit all files."""
        self.git("add", "-A")
        self.git("commit", "-qm", "more")

    def review(self, base: str = "main", **options: Any) -> Any:
        """Return the review, made in this process."""
        return review(self.project.config(), base, **options)

    def path(self, revision: str) -> Path:
        """The file of a revision."""
        path: Path = self.project.versions / f"{revision}_.py"
        return path


@pytest.fixture
def branch(project):
    """``main`` has r1, which creates orders; the branch adds nothing yet."""
    made = Branch(project, project.folder)
    made.git("init", "-q", "-b", "main")
    project.write(".gitignore", "__pycache__\n")
    project.revision("r1", ORDERS, 'op.drop_table("orders")')
    made.commit()
    made.git("checkout", "-qb", "work")
    return made
