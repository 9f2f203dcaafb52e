"""The Flask application that an ``env.py`` of Flask-Migrate needs.

That env.py takes the engine and the models from the application of the current context.
``flask db`` passes ``script_location`` itself, so ``migrations/alembic.ini`` has none.
This module finds the application as ``flask db`` does.

https://flask-migrate.readthedocs.io/en/latest/#configuration-callbacks
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.util import CommandError

from alembic_zdt.errors import UsageError

_INI = "alembic.ini"
_ENV = "env.py"
_LOCATION = "script_location"
_NOT_LOADED = "zdt_flask_not_loaded"
"""Key of the Config attribute with the reason why no application was loaded."""

_ASKS_FOR_APPLICATION = re.compile(r"\bcurrent_app\b")
_OUTSIDE = "outside of application context"


@contextmanager
def within_application(config: Config) -> Iterator[Config]:
    """Push the application's context, and yield the configuration of the project.

    Other projects keep their configuration, and nothing of Flask is imported for them.

    Raises:
        UsageError: the body needs an application, and none can be loaded.
    """
    if not _is_wanted(config):
        yield config
        return
    try:
        application = _loaded()
    except Exception as error:  # noqa: BLE001  # whatever the application raises
        config.attributes[_NOT_LOADED] = _words(error)
        with _naming_the_application(config):
            yield config
        return
    with application.app_context():
        yield _completed(config, _migrate_of(application))


def located(config: Config) -> Config:
    """Return the configuration, completed if an application context is pushed."""
    flask: Any = importlib.import_module("flask") if find_spec("flask") else None
    is_inside = flask is not None and flask.has_app_context()
    if is_inside and not _location(config):
        return _completed(config, _migrate_of(flask.current_app))
    return config


def missing_application(config: Config, error: BaseException) -> UsageError | None:
    """Return a clearer error if *error* came from a missing application.

    Args:
        config: Alembic's configuration.
        error: the error of Flask, or of Alembic.
    """
    found = config.attributes.get(_NOT_LOADED, "")
    text = str(error)
    is_outside = isinstance(error, RuntimeError) and _OUTSIDE in text
    is_unlocated = isinstance(error, CommandError) and f"'{_LOCATION}'" in text
    if not (is_outside or (is_unlocated and found)):
        return None
    return UsageError(
        "env.py needs the Flask application",
        detail=found or "No application context is pushed.",
        hint="Run the command where flask db works, and set FLASK_APP as for flask "
        "db, for example FLASK_APP=myapp:create_app.",
    )


@contextmanager
def _naming_the_application(config: Config) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, CommandError) as error:
        found = missing_application(config, error)
        if found is None:
            raise
        raise found from error


def _is_wanted(config: Config) -> bool:
    if not find_spec("flask"):
        return False
    location = _location(config)
    if location:
        return _reads_application(_folder(location))
    beside = _beside(config)
    if beside is not None:
        return _reads_application(beside)
    return find_spec("flask_migrate") is not None


def _location(config: Config) -> str:
    try:
        return str(config.get_alembic_option(_LOCATION) or "")
    except (TypeError, ValueError, KeyError):  # of the % operator
        return ""


def _folder(location: str) -> Path:
    """Return the folder of revisions, which may be given as ``package:folder``."""
    package, colon, inside = location.partition(":")
    if not colon or Path(location).is_absolute():
        return Path(location)
    try:
        found = find_spec(package)
    except (ImportError, ValueError):
        return Path(location)
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0], inside) if places else Path(location)


def _beside(config: Config) -> Path | None:
    """Return the folder of the ini file, if its env.py is there."""
    name = config.config_file_name
    folder = Path(name).parent if name and Path(name).is_file() else None
    return folder if folder and (folder / _ENV).is_file() else None


def _reads_application(folder: Path) -> bool:
    try:
        text = (folder / _ENV).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return _ASKS_FOR_APPLICATION.search(text) is not None


def _loaded() -> Any:
    """Load the application as ``flask`` does: FLASK_APP, .flaskenv, wsgi.py, app.py."""
    from flask.cli import FlaskGroup  # noqa: PLC0415  # only for its projects

    group = FlaskGroup(add_default_commands=False)
    # Click needs the name of a command, and does not look it up here.
    return group.make_context("flask", ["db"]).obj.load_app()


def _migrate_of(application: Any) -> Any:
    """Return the ``Migrate`` of an application, None if it has none."""
    return getattr(application.extensions.get("migrate"), "migrate", None)


def _completed(config: Config, migrate: Any) -> Config:
    """Return the configuration as ``flask db`` makes it."""
    if migrate is None:
        return config
    if not _location(config):
        config = _with_location(config, migrate)
    found: Config = migrate.call_configure_callbacks(config)
    return found


def _with_location(config: Config, migrate: Any) -> Config:
    folder = _beside(config)
    if folder is None:
        variable = f"FLASK_{migrate.command}_DIRECTORY".upper().replace("-", "_")
        folder = Path(os.environ.get(variable) or migrate.directory)
    made = Config(
        file_=str(folder / _INI),
        toml_file=config.toml_file_name,
        ini_section=config.config_ini_section,
        output_buffer=config.output_buffer,
        stdout=config.stdout,
        cmd_opts=config.cmd_opts,
        attributes=config.attributes,
    )
    made.set_main_option(_LOCATION, str(folder).replace("%", "%%"))
    return made


def _words(error: Exception) -> str:
    """Return the first and the last line, without the traceback between them."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(dict.fromkeys([*lines[:1], *lines[-1:]]))[:300]
    if type(error).__module__.startswith("flask"):
        return text
    return f"{type(error).__name__}: {text}".removesuffix(": ")
