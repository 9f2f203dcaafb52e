"""The migrations of a project, run in a scratch database.

The URL of the database is passed in every way that an ``env.py`` reads: ``-x url=``,
``sqlalchemy.url`` and environment variables.  An ``env.py`` that connects to another
database is refused before it runs a revision.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.connection.database import Database
from alembic_zdt.env.programmatic import announced
from alembic_zdt.env.url_sources import everything_said
from alembic_zdt.errors import UsageError
from alembic_zdt.events.subscribers import silent
from alembic_zdt.recording.environment import nothing_ran
from alembic_zdt.runner.config_files import read_config
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.scratch.database_sessions import for_driver
from alembic_zdt.scratch.kept_logging import kept_logging
from alembic_zdt.scratch.option_names import OF_THE_KIT, OptionNames

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

Steps = Callable[[Any], Sequence[Any]]


class Project:
    """The migrations of one configuration of Alembic.

    Args:
        path: the path of the configuration.
        variables: environment variables in which env.py looks for the URL.
        section: the section of the configuration.
        arguments: what the user gave with ``-x``.
        names: the user's options, for messages.

    Attributes:
        own_tables: the names of the tables of Alembic and this package, after a run.
        search_path: the setting in which the last run began.
        small_table_rows: the setting of the last run.
        lock_timeout: the setting of the last run, in seconds.
    """

    def __init__(
        self,
        path: Path,
        variables: Sequence[str] = (),
        *,
        section: str = "alembic",
        arguments: Sequence[str] = (),
        names: OptionNames = OF_THE_KIT,
    ) -> None:
        self.path, self.section = path, section
        self.variables, self.arguments = variables, arguments
        self._names = names
        self.own_tables: set[str] = set()
        self.search_path = ""
        self.small_table_rows = 0
        self.lock_timeout = 0.0

    @cached_property
    def script(self) -> ScriptDirectory:
        """Return the revisions.

        Raises:
            UsageError: there is no such configuration.
        """
        return ScriptDirectory.from_config(self._config())

    def _config(self) -> Config:
        config = read_config(self.path)
        config.config_ini_section = self.section
        return config

    def run_nothing(self, url: str) -> None:
        """Run env.py without a revision, because env.py may make a schema."""
        self._run(url, lambda _heads: (), dont_mutate=True)

    def upgrade(self, url: str, revision: str) -> None:
        """Run the pending revisions up to *revision*."""
        self._run(url, partial(self._between, revision, downgrade=False))

    def stamp(self, url: str, revisions: Sequence[str]) -> None:
        """Record *revisions* as the current ones, without running any."""
        config = self.config_for(url)
        with self.pointing_to(url), announced(config, "ignore"):
            outside_of_a_loop(
                lambda: command.stamp(config, [*revisions] or "base", purge=True)
            )

    def downgrade(self, url: str, revision: str) -> None:
        """Revert the revisions above *revision*."""
        self._run(url, partial(self._between, revision, downgrade=True), "downgrade")

    def revert(self, url: str, revision: str) -> None:
        """Run the downgrade of one revision; those above it are reverted already."""

        def steps(heads: Any) -> Sequence[Any]:
            found: Sequence[Any] = self._between("base", heads, downgrade=True)
            return [each for each in found if each.revision.revision == revision]

        self._run(url, steps, "downgrade")

    def script_of(self, url: str, revision: str) -> str:
        """Return the script of one revision, whose down revisions have run."""
        output = io.StringIO()
        config = self.config_for(url, "zdt.sql_flavor=plain")
        config.output_buffer = output
        needed = contexts.below(self.script.get_revision(revision))
        environment = EnvironmentContext(
            config,
            self.script,
            fn=lambda heads, _context: self._between(revision, heads, downgrade=False),
            as_sql=True,
            starting_rev=sorted(needed) or "base",
            destination_rev=revision,
        )
        with self.pointing_to(url), environment:
            outside_of_a_loop(self.script.run_env)
        return output.getvalue()

    def _between(self, revision: str, heads: Any, *, downgrade: bool) -> Sequence[Any]:
        found = contexts.steps_between(
            self.script, heads, revision, downgrade=downgrade
        )
        return list(found)

    def _run(
        self, url: str, steps: Steps, way: str = "upgrade", **options: Any
    ) -> None:
        config, found = self.config_for(url), set[str]()

        def checked(heads: Any, context: MigrationContext) -> Sequence[Any]:
            self.search_path = self.checked_search_path(context, url)
            settings = settings_of(context)
            found.update({context.version_table, *settings.own_tables})
            self.small_table_rows = settings.small_table_rows
            self.lock_timeout = settings.lock_timeout.total_seconds()
            return steps(heads)

        checked.__name__ = way  # the package prepares for both
        environment = EnvironmentContext(config, self.script, fn=checked, **options)
        with self.pointing_to(url), announced(config, "ignore"), environment:
            outside_of_a_loop(self.script.run_env)
        if not found:
            raise nothing_ran()
        self.own_tables.update(found)

    def config_for(self, url: str, *options: str) -> Config:
        """Return the configuration, with the URL of a database and ``-x`` options."""
        config = self._config()
        said = next(everything_said(config, None, ()), None)
        own = _with_driver_of(url, str(said.url) if said else "")
        config.set_main_option("sqlalchemy.url", own.replace("%", "%%"))
        given = [*self.arguments, f"url={url}", *options]
        config.cmd_opts = argparse.Namespace(x=given)
        config.attributes["configure_logger"] = False
        return config

    @contextmanager
    def pointing_to(self, url: str) -> Iterator[None]:
        """Set the environment variables for the body, and send no events."""
        with silent(), self.leading_to(url):
            yield

    @contextmanager
    def leading_to(self, url: str) -> Iterator[None]:
        """Set the environment variables for the body, and keep the logging."""
        before = {name: os.environ.get(name) for name in self.variables}
        os.environ.update(self.environment_for(url))
        try:
            with kept_logging():
                yield
        finally:
            for name, value in before.items():
                _restore(name, value)

    def environment_for(self, url: str) -> dict[str, str]:
        """Return the variables with the URL, each with its present driver."""
        return {
            name: _with_driver_of(url, os.environ.get(name, ""))
            for name in self.variables
        }

    def checked_search_path(self, context: MigrationContext, url: str) -> str:
        """Return the search_path of the session.

        Raises:
            UsageError: env.py connects to another database.
        """
        if context.connection is None:
            return ""
        database = Database(context.connection)
        self._refuse_another(str(database.value("SELECT current_database()")), url)
        return str(database.value("SELECT current_setting('search_path')"))

    def _refuse_another(self, found: str, url: str) -> None:
        if found == make_url(url).database:
            return
        names = " and ".join(self.variables)
        variables = f" and in the environment variables {names}" if names else ""
        raise UsageError(
            f'env.py connects to the database "{found}" instead of '
            f"{self._names.database}",
            detail=f"The URL is passed as -x url=, as sqlalchemy.url{variables}. No "
            "revision was run.",
            hint=f"Name the variable that env.py reads in {self._names.variables}, or "
            "let env.py call alembic_zdt.env.run().",
        )


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _with_driver_of(url: str, own: str) -> str:
    """Return the URL with the driver of the project's own URL, if that names one."""
    driver = own.partition("://")[0]
    if not driver.startswith("postgresql+"):
        return url
    return for_driver(url, driver)


def outside_of_a_loop(work: Callable[[], None]) -> None:
    """Run *work*, in another thread if an event loop runs: env.py may start one.

    It sends events if the caller does.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        work()
        return
    with ThreadPoolExecutor(1) as pool:
        pool.submit(copy_context().run, work).result()
