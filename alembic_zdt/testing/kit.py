"""What one process of pytest shares between its tests of migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import pytest

from alembic_zdt.testing.database_sessions import of_an_installed_driver
from alembic_zdt.testing.databases import Databases
from alembic_zdt.testing.embedded_server import EmbeddedServer
from alembic_zdt.testing.project import Project
from alembic_zdt.testing.scratch_database import ScratchDatabase
from alembic_zdt.testing.stages import Stages

KIT = pytest.StashKey["Kit"]()


class Kit:
    """The server, the databases and the project of one process."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._embedded: EmbeddedServer | None = None
        self._databases: Databases | None = None

    @cached_property
    def project(self) -> Project:
        """Return the project that ``zdt_config`` names."""
        path = self._config.rootpath / self._config.getini("zdt_config")
        return Project(path, self._config.getini("zdt_url_variables"))

    @cached_property
    def server_url(self) -> str:
        """Return the URL of the server; without ``--zdt-url`` start one."""
        given = self._config.getoption("--zdt-url") or self._of_the_controller
        if given:
            return of_an_installed_driver(given)
        self._embedded = EmbeddedServer()
        return self._embedded.url

    @property
    def _of_the_controller(self) -> str:
        """Return the URL of the server that the controller of xdist has started."""
        return str(getattr(self._config, "workerinput", {}).get("zdt_url", ""))

    @property
    def databases(self) -> Databases:
        """Return the databases of this process."""
        if self._databases is None:
            hook: Any = self._config.hook
            self._databases = Databases(
                self.server_url, lambda url: hook.pytest_zdt_template(url=url)
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
        if self._databases is not None:
            self._databases.close()
        if self._embedded is not None:
            self._embedded.stop()
