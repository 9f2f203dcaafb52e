"""Check whether a project uses this package, or only has it installed.

A project uses it when its settings, its env.py or one of its revision files name it.
Every other project keeps the signals, tracebacks and exit codes of stock Alembic.  The
texts of the files decide, and no module of the project is imported for it.  The
database is not asked: it may be the connection that is lost.  So the log of revisions
does not count, and a project that no longer names this package is a stock one again.
https://alembic.sqlalchemy.org/en/latest/tutorial.html#the-migration-environment
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_zdt.alembic_compat import patches as names
from alembic_zdt.alembic_compat.config_values import config_settings
from alembic_zdt.directives import ANNOTATIONS, DIRECTIVES

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

_READ = "_zdt_files_without_package"


def uses_package(environment: EnvironmentContext) -> bool:
    """Check whether the project of an environment names this package anywhere."""
    return files_without_package(environment) is None


def files_without_package(environment: EnvironmentContext) -> frozenset[str] | None:
    """Return the real paths of a project's files, None if it names this package.

    A file that cannot be read, as in an archive, is left out.  The result is kept with
    the environment.
    """
    found: tuple[frozenset[str] | None] | None = getattr(environment, _READ, None)
    if found is None:
        found = (None if _has_settings(environment) else _read(environment),)
        setattr(environment, _READ, found)
    return found[0]


def _has_settings(environment: EnvironmentContext) -> bool:
    try:
        return any(values for _, values in config_settings(environment.config))
    except (OSError, ValueError):  # the code that needs the settings reports it
        return False


def _read(environment: EnvironmentContext) -> frozenset[str] | None:
    search, found = _names().search, set()
    for path in _paths(environment):
        try:
            with open(path, "rb") as file:  # noqa: PTH123  # a third of the time
                if search(file.read()):
                    return None
        except OSError:
            continue
        found.add(path)
    return frozenset(found)


def _paths(environment: EnvironmentContext) -> Iterator[str]:
    script: ScriptDirectory | None = environment.script
    if script is None:
        return
    yield os.path.realpath(script.env_py_location)
    for location in script.version_locations or [f"{script.dir}/versions"]:
        root = os.path.realpath(names.FOLDER.find()(location))
        for folder, _, files in os.walk(root):
            yield from (f"{folder}/{name}" for name in files if name.endswith(".py"))


@functools.cache
def _names() -> re.Pattern[bytes]:
    directives = "|".join((*DIRECTIVES, *ANNOTATIONS))
    return re.compile(rf"\b(?:alembic_zdt|zdt_\w+|{directives})\b".encode())
