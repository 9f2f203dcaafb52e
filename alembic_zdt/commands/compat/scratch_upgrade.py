"""The upgrade of a scratch database, in a process of its own.

The base and the branch have modules of the same names, and these read the URL when they
are imported.  So each upgrade gets a new process, with the URL in its environment.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from alembic_zdt.alembic_compat import runs
from alembic_zdt.commands.upgrade import upgrade_scratch
from alembic_zdt.errors import RevisionError
from alembic_zdt.phases import Phase
from alembic_zdt.printable import printable
from alembic_zdt.scratch.option_names import OF_COMPAT
from alembic_zdt.scratch.project import Project

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_NO_FOLDER = "Path doesn't exist"


@dataclass(frozen=True)
class ScratchUpgrade:
    """The job of one child process.

    Attributes:
        path: the path of Alembic's configuration.
        section: its section.
        arguments: the user's ``-x`` arguments.
        variables: the environment variables that have the URL.
        url: the URL of the scratch database.
        phase: the last phase to run.
        base: the name of the base.
        heads: the revisions of the base, None for the upgrade of the base itself.
        answer: the path of the file for the revisions that were run.
    """

    path: str
    section: str
    arguments: Sequence[str]
    variables: Sequence[str]
    url: str
    phase: str
    base: str
    heads: Sequence[str] | None
    answer: str

    def write(self, path: Path) -> None:
        """Write this to a file."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> ScratchUpgrade:
        """Read what :meth:`write` has written."""
        found: Mapping[str, Any] = json.loads(path.read_text())
        return cls(**found)

    @property
    def config(self) -> Config:
        """Return Alembic's configuration, with the URL."""
        return self._project.config_for(self.url)

    def run(self, config: Config) -> None:
        """Upgrade the database, and write the answer.

        Args:
            config: :attr:`config`, which may be completed.

        Raises:
            RevisionError: the branch lacks a revision of the base.
            UsageError: env.py connects to another database.
            ZdtError: see ``upgrade()``.
        """
        heads = self._heads_in(config)
        if heads is None:
            self._write_answer([], [])
            return
        for head in self.heads or ():
            self._refuse_to_lack(head, config)
        done: list[str] = []

        def end(_context: MigrationContext, step: Any, _seconds: float) -> None:
            done.append(step.revision.revision)
            self._tell(step.revision)

        with runs.watching_steps(_nothing, end):
            upgrade_scratch(config, Phase(self.phase), self._look)
        self._write_answer(done, heads)

    def _heads_in(self, config: Config) -> list[str] | None:
        """Return the heads of the files, None for a base without a folder of them."""
        try:
            return list(ScriptDirectory.from_config(config).get_heads())
        except CommandError as error:
            if self.heads is None and _NO_FOLDER in str(error):
                return None
            raise

    def _refuse_to_lack(self, head: str, config: Config) -> None:
        try:
            ScriptDirectory.from_config(config).get_revision(head)
        except CommandError as error:
            raise RevisionError(
                f'this branch does not have revision "{head}" of {self.base}',
                detail="Its revisions can run only after all revisions of the base.",
                hint=f"Merge {self.base} into the branch, or rebase the branch on it.",
                revision=head,
            ) from error

    def _tell(self, revision: Any) -> None:
        if self.heads is not None:
            told = f'ran revision "{revision.revision}" ({revision.doc})'
            sys.stderr.write(f"{printable(told)}\n")

    def _look(self, context: MigrationContext) -> None:
        self._project.checked_search_path(context, self.url)

    @property
    def _project(self) -> Project:
        return Project(
            Path(self.path),
            self.variables,
            section=self.section,
            arguments=self.arguments,
            names=OF_COMPAT,
        )

    def _write_answer(self, done: Sequence[str], heads: Sequence[str]) -> None:
        answer = {"done": done, "heads": heads}
        Path(self.answer).write_text(json.dumps(answer))


def _nothing(_context: MigrationContext, _step: Any) -> None:
    """Do nothing before a revision."""
