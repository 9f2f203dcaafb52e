"""Run the tests of a base after the revisions of a branch that run before a deploy.

The tests run in a work tree of the base, against a scratch database.  Only if they fail
there, they run again in a database without the revisions of the branch.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.config import Config

from alembic_zdt.commands.compat import python_path
from alembic_zdt.commands.compat.child_processes import WorkFolder
from alembic_zdt.commands.compat.failed_tests import FailedTests, refuse_killed
from alembic_zdt.commands.compat.git_worktree import Repository
from alembic_zdt.commands.compat.scratch_upgrade import ScratchUpgrade
from alembic_zdt.commands.git_program import environment
from alembic_zdt.errors import UsageError
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.phases import Phase
from alembic_zdt.printable import printable
from alembic_zdt.runner.config_files import read_from
from alembic_zdt.scratch.clean_up import cleaned_up
from alembic_zdt.scratch.database_sessions import of_an_installed_driver
from alembic_zdt.scratch.databases import Databases
from alembic_zdt.scratch.embedded_server import EmbeddedServer, new_folder, remove
from alembic_zdt.scratch.option_names import OF_COMPAT
from alembic_zdt.scratch.project import Project

UPGRADE = "alembic_zdt.cli.scratch_upgrading"
"""The module that runs :class:`ScratchUpgrade` as Alembic's command line does."""


def compat(
    config: Config,
    base: str,
    command: Sequence[str],
    *,
    url: str | None,
    variables: Sequence[str],
) -> str:
    """Run the tests of *base* after the pending revisions of this work tree.

    Args:
        config: Alembic's configuration, in this work tree.
        base: the commit, branch or tag whose code is running now.
        command: the program that runs the tests, and its arguments.
        url: the URL of a server for scratch databases; None starts a server.
        variables: environment variables that get the URL of a scratch database.

    Returns:
        What the tests have shown.

    Raises:
        UsageError: there is no git repository, base, program or server; or the tests
            fail without the revisions, too (``exit_code`` 1).
        RevisionError: the tests fail only with the revisions (``exit_code`` 2).
        SystemExit: the revisions failed, and that was reported.
    """
    if not command:
        raise UsageError(
            "there are no tests to run",
            detail="No command was named.",
            hint=f"Name it after --: alembic-zdt compat --base {base} -- pytest -q.",
        )
    repository = Repository(Path.cwd())
    commit = repository.commit(base)
    project = Project(
        _path_of(config, repository.top),
        variables,
        section=config.config_ini_section,
        arguments=getattr(config.cmd_opts, "x", None) or (),
        names=OF_COMPAT,
    )
    with cleaned_up() as stack:
        folder = _temporary_folder(stack)
        stack.enter_context(repository.work_tree(commit, folder / "base"))
        run = _Run(project, base, commit, repository.top, folder)
        run.program = run.base_place({}).program(command[0], Path.cwd())
        server = _server(stack, url)
        return run.verdict(stack, server, command)


@dataclass
class _Run:
    """One run of the command.

    Attributes:
        project: the migrations of the branch.
        base: the name of the base.
        commit: its commit.
        top: the work tree of the branch.
        folder: the temporary folder, with the work tree of the base in ``base``.
        program: the path of the program that runs the tests.
        heads: the last revisions of the base, after its upgrade.
    """

    project: Project
    base: str
    commit: str
    top: Path
    folder: Path
    program: str = ""
    heads: Sequence[str] = ()

    def verdict(self, stack: ExitStack, server: str, command: Sequence[str]) -> str:
        """Upgrade, run the tests, and return a sentence if they passed or were not run.

        Raises:
            RevisionError: the tests fail, and they pass without the revisions.
            UsageError: they fail without the revisions, too.
        """
        databases = Databases(server, self._upgrade_base, "compat")
        stack.callback(databases.close)
        changed = databases.create()
        revisions = self._upgrade_branch(databases.url(changed))
        if not revisions:
            return (
                "no revision is pending that runs before the deploy: the tests of "
                f"{self.base} were not run"
            )
        code = self._run_tests(command, databases.url(changed), "with")
        if not code:
            count = f"{len(revisions)} revision{'s' * (len(revisions) > 1)}"
            return f"the tests of {self.base} pass with {count} of this branch"
        unchanged = databases.url(databases.create())
        without = self._run_tests(command, unchanged, "without")
        raise FailedTests(self.base, command, revisions).error(code, without)

    def base_place(self, more: dict[str, str]) -> WorkFolder:
        """Return the folder of the base that corresponds to the current folder."""
        inside = Path.cwd().resolve().relative_to(self.top)
        folder = self._tree / inside
        if not folder.is_dir():
            raise UsageError(
                f'{self.base} has no folder "{inside}"',
                detail="The tests run in the folder of the base that corresponds to "
                "the current folder.",
                hint="Run the command in a folder that the base has, too.",
            )
        path = python_path.of_the_base(self.top, self._tree, folder)
        return WorkFolder(folder, _environment(more, path))

    def _run_tests(self, command: Sequence[str], url: str, how: str) -> int:
        _tell(f"run the tests of {self.base} {how} the revisions of this branch")
        place = self.base_place(self.project.environment_for(url))
        code = place.run([self.program, *command[1:]])
        refuse_killed(f"the tests of {self.base} were", code)
        return code

    @property
    def _tree(self) -> Path:
        return self.folder / "base"

    def _upgrade_base(self, url: str) -> None:
        path = self._tree / self.project.path.relative_to(self.top)
        _tell(f"run the revisions of {self.base} ({self.commit[:10]})")
        if not read_from(path).is_file():
            _tell(f"{self.base} has no {path.name}: its database has no revisions")
            return
        place = self.base_place(self.project.environment_for(url))
        found = self._upgrade(place, path, url, Phase.CONTRACT, None)
        self.heads = found["heads"]

    def _upgrade_branch(self, url: str) -> Sequence[str]:
        _tell("run the revisions of this branch that run before the deploy")
        variables = self.project.environment_for(url)
        given = _environment(variables, python_path.of_the_branch(self.top))
        place, path = WorkFolder(Path.cwd(), given), self.project.path
        found = self._upgrade(place, path, url, Phase.MIGRATE, self.heads)
        done: Sequence[str] = found["done"]
        return done

    def _upgrade(
        self,
        place: WorkFolder,
        path: Path,
        url: str,
        phase: Phase,
        heads: Sequence[str] | None,
    ) -> dict[str, Any]:
        job, answer = (self.folder / name for name in ("job.json", "answer.json"))
        ScratchUpgrade(
            str(path),
            self.project.section,
            self.project.arguments,
            self.project.variables,
            url,
            phase.value,
            self.base,
            heads,
            str(answer),
        ).write(job)
        command = [sys.executable, "-P", "-m", UPGRADE, str(job)]
        code = place.run(command, patience=0)  # its database is dropped anyway
        refuse_killed("the upgrade of the scratch database was", code)
        if code:  # it has printed the error; Python itself ends with 1
            is_ours = code == ExitCode.BEHIND_CONTRACT
            sys.exit(ExitCode.BEHIND_CONTRACT if is_ours else ExitCode.FAILED)
        found: dict[str, Any] = json.loads(answer.read_text())
        return found


def _path_of(config: Config, top: Path) -> Path:
    name = config.config_file_name or getattr(config, "toml_file_name", None)
    given = Path(name or "alembic.ini")
    path = given.parent.resolve() / given.name
    if not read_from(path).is_file() or not path.is_relative_to(top):
        raise UsageError(
            f'there is no file "{path}" in the repository',
            detail=f"It should be Alembic's configuration. The repository is {top}.",
            hint="Name the file: alembic-zdt -c path/to/alembic.ini compat.",
        )
    return path


def _environment(more: dict[str, str], path: str) -> dict[str, str]:
    """Return the environment of processes, with the programs of this Python first."""
    programs = str(Path(sys.executable).parent)
    given = os.environ.get("PATH", os.defpath)
    own = {"PATH": os.pathsep.join([programs, given]), "PYTHONPATH": path}
    return environment() | own | more


def _temporary_folder(stack: ExitStack) -> Path:
    made = tempfile.TemporaryDirectory(prefix="zdt-compat-", ignore_cleanup_errors=True)
    return Path(stack.enter_context(made)).resolve()


def _server(stack: ExitStack, url: str | None) -> str:
    if url:
        return of_an_installed_driver(url, OF_COMPAT.url)
    folder = new_folder()
    stack.callback(remove, folder)
    return EmbeddedServer(folder, OF_COMPAT).url


def _tell(words: str) -> None:
    sys.stderr.write(f"{printable(words)}\n")
    sys.stderr.flush()
