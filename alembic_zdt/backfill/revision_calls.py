"""The backfills that revision files call, because only these may run.

The journal holds which backfills are queued and how far they are.  What they do is read
from the revision itself: its functions are called with operations that keep each call
and run nothing, so that nothing reaches a database.
https://alembic.sqlalchemy.org/en/latest/api/operations.html
"""

from __future__ import annotations

import inspect
import io
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from alembic_zdt.alembic_compat import config_values, op_proxy
from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.inline import Backfilling
from alembic_zdt.backfill.journal import Record
from alembic_zdt.backfill.plain_code import PlainCode
from alembic_zdt.backfill.triggers import checked_triggers
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import RevisionError, UsageError, ZdtError
from alembic_zdt.runner.config_files import read_config
from alembic_zdt.runner.script.kept_directives import (
    KeptDirectives,
    is_directive,
    keeping,
)
from alembic_zdt.runner.script.offline_contexts import without_lines_of_contexts
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic_zdt.runner.recipe import Recipe

log = logging.getLogger("alembic_zdt")

Configuration = str | Path | Config

METADATA = "zdt_target_metadata"
"""Key of the Config attribute with the metadata, whose convention gives the names."""

# Alembic keeps the current operations and environment in module globals.
_ALONE = threading.RLock()


def calls_of(config: Configuration) -> RevisionCalls:
    """Return the calls of a project, given its configuration or the ini file's path.

    Raises:
        UsageError: there is no such file, or it has no ``script_location``.
    """
    given = config if isinstance(config, Config) else read_config(Path(config))
    try:
        return RevisionCalls(given)
    except CommandError as error:
        if "script_location" not in str(error) or given.get_alembic_option(_LOCATION):
            raise
        raise _no_location(given) from error


_LOCATION = "script_location"


def _no_location(config: Config) -> UsageError:
    return UsageError(
        f'"{config.config_file_name}" has no script_location',
        detail=(
            "script_location names the folder of the revisions. With Flask-Migrate "
            "the application passes it, and migrations/alembic.ini does not set it."
        ),
        hint="Set script_location in the section [alembic]. With Flask-Migrate, pass "
        "config=migrate.get_config() within app.app_context(), where migrate is "
        "Migrate(app, db).",
    )


class RevisionCalls:
    """Find the calls for backfills in the revision files of a project.

    Several threads may use it.

    Args:
        config: Alembic's configuration.
        script: its revisions, if env.py has set their place.
    """

    def __init__(self, config: Config, script: ScriptDirectory | None = None) -> None:
        self._config = config
        self.script = script or ScriptDirectory.from_config(config)
        self._known: dict[tuple[str, int], tuple[list[Recipe], str]] = {}

    @property
    def settings(self) -> Settings:
        """Return the settings of alembic.ini and pyproject.toml.

        Raises:
            SettingError: a name is unknown or a value cannot be read.
        """
        return Settings.from_sources(*config_values.config_settings(self._config))

    def confirmed(self, record: Record, database: Database) -> Record:
        """Return the record with the definition of its revision file.

        Raises:
            RevisionError: no revision calls for this backfill, or the call asks for
                another change.
        """
        failures, another = [], None
        for revision, recipes, failure in self.of_revisions(record.revision):
            for found in _backfillings(recipes, record.name, database):
                if found.fingerprint == record.definition.fingerprint:
                    # The settings of the time when it was queued are in the journal.
                    chosen = found.triggers or checked_triggers(
                        record.definition.triggers or None
                    )
                    return replace(record, definition=replace(found, triggers=chosen))
                another = another or revision
            if failure:
                failures.append(f'Revision "{revision}": {failure}.')
        if another is not None:
            raise _another(record, another)
        raise _unknown(record, " ".join(failures))

    def of_revisions(
        self, revision: str | None
    ) -> Iterator[tuple[str, list[Any], str]]:
        """Yield the calls of revisions, and why some could not be read.

        Args:
            revision: the id of the revision, None for all.
        """
        for found in self._revisions(revision):
            yield str(found.revision), *self._recipes(found)

    def _revisions(self, revision: str | None) -> Iterator[Script]:
        """Yield one revision, or all if a script began the work."""
        if revision is None:
            yield from self.script.walk_revisions()
            return
        try:
            found = self.script.get_revision(revision)
        except CommandError:
            return
        if found is not None:
            yield found

    def _recipes(self, revision: Script) -> tuple[list[Recipe], str]:
        name = (revision.revision, id(self._metadata))
        if name not in self._known:
            self._known[name] = self._called(revision)
        return self._known[name]

    @property
    def _metadata(self) -> Any:
        """Return ``target_metadata`` of the env.py that runs, None if none does."""
        return self._config.attributes.get(METADATA)

    def _called(self, revision: Script) -> tuple[list[Recipe], str]:
        """Return a revision's calls of directives, and why some could not be read."""
        kept = KeptDirectives(runs_others=True)
        failure = ""
        with self._keeping(kept, io.StringIO()):
            for function in _functions(revision):
                try:
                    function()
                except Exception as error:  # the calls before it are known
                    failure = f"{type(error).__name__}: {error}"
                    log.debug("could not read every call of a revision", exc_info=error)
        return kept.found, failure

    def of_function(self, revision: Script, name: str) -> list[Recipe | None] | None:
        """Return the calls of one function in their order, None if they are unknown.

        Each call of a directive is an operation, and anything else between two of them
        is None.  A function that does more than call operations is not run.

        Raises:
            UsageError: a call has an option that its directive does not have.
        """
        function = vars(revision.module).get(name)
        if not inspect.isfunction(function) or inspect.signature(function).parameters:
            return None
        kept = _WithOthers()
        try:
            if not PlainCode(Path(str(revision.path)).read_bytes()).is_plain(name):
                return None
            with self._keeping(kept, kept.output):
                function()
                kept.note_others()
        except Exception as error:  # then each call is asked when it is run
            if isinstance(error, UsageError) and "unknown_options" in error.fields:
                raise
            log.debug("could not read the calls of a function", exc_info=error)
            return None
        return kept.found

    @contextmanager
    def _keeping(self, kept: KeptDirectives, output: io.StringIO) -> Iterator[None]:
        """Pass directives to *kept*, and let other operations write to *output*."""
        environment = EnvironmentContext(self._config, self.script, as_sql=True)
        with _ALONE, op_proxy.put_aside(), environment:
            with without_lines_of_contexts():
                environment.configure(
                    dialect_name="postgresql",
                    literal_binds=True,
                    output_buffer=output,
                    target_metadata=self._metadata,
                )
            with keeping(environment.get_context(), kept):
                yield


class _WithOthers(KeptDirectives):
    """An interceptor that keeps directives, and keeps None for any other operation.

    Attributes:
        output: the receiver of what the other operations write.
    """

    def __init__(self) -> None:
        super().__init__(runs_others=True)
        self.output = io.StringIO()

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        """Keep a directive, after the operations that ran before it."""
        if is_directive(operation):
            self.note_others()
        return super().operation(go_on, operation)

    def note_others(self) -> None:
        """Keep None if other operations have written SQL since the last directive."""
        if self.output.tell():
            self.found.append(None)
            self.output.seek(0)
            self.output.truncate()


def _functions(revision: Script) -> Iterator[Callable[[], Any]]:
    """Yield a revision's upgrade and downgrade functions that take no argument."""
    for name, function in vars(revision.module).items():
        if name.partition("_")[0] not in {"upgrade", "downgrade"}:
            continue
        if inspect.isfunction(function) and not inspect.signature(function).parameters:
            yield function


def _backfillings(
    recipes: list[Recipe], name: str, database: Database
) -> Iterator[Definition]:
    """Yield the definitions of that name, for the present state of the server."""
    for recipe in map(_inline, recipes):
        try:
            server = survey(database, recipe.questions())
            steps = recipe.steps(server)
        except (ZdtError, DBAPIError) as error:
            log.debug(
                "could not compute the steps of %s", recipe.purpose, exc_info=error
            )
            continue
        for step in steps:
            if isinstance(step.batches, Backfilling) and step.batches.name == name:
                yield step.batches.definition


def _inline(recipe: Any) -> Recipe:
    """Return a call as it runs when it was approved."""
    found: Recipe = recipe.inline() if getattr(recipe, "later", None) else recipe
    return found


def _cancelling(record: Record) -> str:
    return f"alembic-zdt backfill cancel {record.name}"


def _another(record: Record, revision: str) -> RevisionError:
    return RevisionError(
        f'backfill "{record.name}" differs from its call in revision "{revision}"',
        detail=(
            "The journal has other values, another condition, key or table than the "
            "call in the revision file. Only the calls of revision files are run."
        ),
        hint=(
            "If the file was edited, write a new revision, and cancel this backfill: "
            f"{_cancelling(record)}. If not, find out who has changed the journal."
        ),
        name=record.name,
        revision=revision,
    )


def _unknown(record: Record, failures: str) -> RevisionError:
    asked = "no revision calls it"
    if record.revision is not None:
        asked = f'revision "{record.revision}" does not call it'
    return RevisionError(
        f'cannot run backfill "{record.name}": {asked}',
        detail=f"Only the calls of revision files are run. {failures}".strip(),
        hint=(
            "Call op.backfill() in the revision before anything that needs a live "
            "database, pass run_slice() the version_locations that env.py sets, or "
            f"cancel the backfill: {_cancelling(record)}."
        ),
        name=record.name,
        revision=record.revision,
    )
