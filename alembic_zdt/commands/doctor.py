"""``alembic-zdt doctor``: problems of the setup and the database, and their fixes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import interception
from alembic_zdt.doctor import application, database_urls, revision_files
from alembic_zdt.doctor.env_errors import explained
from alembic_zdt.doctor.examination import CHECKS, POOLER, Diagnosis, examine
from alembic_zdt.errors import UrlError
from alembic_zdt.recording.environment import looking_at_each

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


_FILES = "revision-files"
_PATIENCE = 1.0
"""Seconds for a lock on the version table."""


def doctor(config: Config, engine: str | None = None) -> Diagnosis:
    """Run all possible checks, changing nothing.

    Args:
        config: Alembic's configuration.
        engine: ``module:attribute`` of the application's engine, to check it, too.

    Raises:
        UsageError: *engine* names no engine.
    """
    diagnosis = Diagnosis()
    try:
        script = ScriptDirectory.from_config(config)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the finding
        found = replace(explained(error, config, "Alembic"), check="")
        diagnosis.add("configuration", [found])
        return diagnosis
    # env.py runs first: it may set the path, the URL and the folders of revisions.
    _look(diagnosis, script, config)
    try:
        diagnosis.add("url", database_urls.said(config))
    except UrlError as error:
        diagnosis.add("url", [explained(error, config)])
    if engine is not None:
        _look_at_engine(diagnosis, application.named(engine), config)
    return diagnosis


def _reads_files(diagnosis: Diagnosis, script: ScriptDirectory, config: Config) -> bool:
    if _FILES in diagnosis.checked:
        return True
    try:
        found = list(revision_files.of_files(script))
    except Exception as error:  # noqa: BLE001  # each file raises its own
        failed = replace(explained(error, config, "a revision"), check="")
        diagnosis.add(_FILES, [failed])
        return False
    diagnosis.add(_FILES, found)
    return True


def _look(diagnosis: Diagnosis, script: ScriptDirectory, config: Config) -> None:
    def look(context: MigrationContext, heads: tuple[str, ...]) -> None:
        if _reads_files(diagnosis, script, config):
            examine(diagnosis, context, script, heads)

    try:
        with interception.reading_heads_within(_PATIENCE):
            looking_at_each(config, script, look)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # it is the finding
        _reads_files(diagnosis, script, config)
        diagnosis.add("env", [explained(error, config)])
        for name in (POOLER, *CHECKS):
            if name not in diagnosis.checked:
                diagnosis.unchecked.setdefault(name, "env.py could not be run")


def _look_at_engine(diagnosis: Diagnosis, engine: Any, config: Config) -> None:
    try:
        diagnosis.add("engine", application.engine(engine))
    except Exception as error:  # noqa: BLE001  # nothing translates those of asyncpg
        found = replace(explained(error, config, "the engine"), check="")
        diagnosis.add("engine", [found])
