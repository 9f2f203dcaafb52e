"""The objects that all tests of migrations in one process of pytest share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from alembic_zdt.runner.config_files import read_from
from alembic_zdt.scratch.database_sessions import of_an_installed_driver
from alembic_zdt.scratch.databases import Databases
from alembic_zdt.scratch.embedded_server import EmbeddedServer, new_folder, remove
from alembic_zdt.scratch.option_names import OF_THE_KIT
from alembic_zdt.scratch.project import Project
from alembic_zdt.testing.large_tables import LargeTables
from alembic_zdt.testing.scratch_database import ScratchDatabase
from alembic_zdt.testing.stages import Stages

KIT = pytest.StashKey["Kit"]()
FOLDER = "zdt_folder"
"""The key of the shared server's folder in the input of a worker of pytest-xdist."""


class Kit:
    """The server, the databases and the project of one process."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._databases: Databases | None = None
        self._folders: list[str] = []

    @cached_property
    def project(self) -> Project:
        """Return the project that ``zdt_config`` names."""
        path = self._config.rootpath / self._config.getini("zdt_config")
        # As pytest does it: without "..", and no link is resolved.
        given = Path(os.path.abspath(path))  # noqa: PTH100  # it would resolve links
        return Project(read_from(given), self._config.getini("zdt_url_variables"))

    @cached_property
    def server_url(self) -> str:
        """Return the URL of the server; without ``--zdt-url`` start one."""
        given = self._config.getoption("--zdt-url")
        if given:
            return of_an_installed_driver(given, OF_THE_KIT.url)
        shared = getattr(self._config, "workerinput", {}).get(FOLDER)
        return EmbeddedServer(shared or self._new_folder()).url

    @cached_property
    def shared_folder(self) -> str:
        """Return the folder in which the first worker of xdist starts a server."""
        return self._new_folder()

    def _new_folder(self) -> str:
        folder = new_folder()
        self._folders.append(folder)
        return folder

    @property
    def databases(self) -> Databases:
        """Return the databases of this process."""
        if self._databases is None:
            hook: Any = self._config.hook
            self._databases = Databases(
                self.server_url,
                lambda url: hook.pytest_zdt_template(url=url),
                "the pytest plugin",
            )
        return self._databases

    @cached_property
    def stages(self) -> Stages:
        """Return the databases before the revisions."""
        hook: Any = self._config.hook
        return Stages(
            self.databases,
            self.project,
            lambda revision: hook.pytest_zdt_rows(revision=revision),
        )

    @cached_property
    def large_tables(self) -> LargeTables:
        """Return the project's rule for which tables are large."""
        facts = self._config.getini("zdt_facts")
        path = self._config.rootpath / facts if facts else None
        patterns = self._config.getini("zdt_large_tables")
        return LargeTables(self.project, patterns, path)

    @contextmanager
    def database_before(self, revision: str) -> Iterator[ScratchDatabase]:
        """Make a database with all that *revision* needs, and rows, for the body."""
        with self.database(self.stages.below(revision)) as database:
            self.stages.insert_rows(database, revision)
            yield database

    @contextmanager
    def database_at_the_heads(self) -> Iterator[ScratchDatabase]:
        """Make a database with all revisions for the body."""
        heads = self.project.script.get_heads()
        with self.database(self.stages.at(heads)) as database:
            yield database

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[ScratchDatabase]:
        """Make a database for the body."""
        name = self.databases.create(template)
        try:
            yield ScratchDatabase(self.databases.url(name), self.project)
        finally:
            self.databases.drop(name)

    def close(self) -> None:
        """Drop the databases, and stop the server that this process has started."""
        with ExitStack() as stack:
            for folder in self._folders:
                stack.callback(remove, folder)
            if self._databases is not None:
                stack.callback(self._databases.close)
