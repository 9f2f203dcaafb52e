"""The settings of a fleet: where its targets are listed.

They are in ``[tool.alembic_zdt.fleet]`` of pyproject.toml or in ``[alembic_zdt.fleet]``
of alembic.ini.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from alembic.config import Config

from alembic_zdt.alembic_compat.config_values import fleet_values
from alembic_zdt.env.url_sources import VARIABLES, missing, said_url
from alembic_zdt.errors import SettingError

_SOURCES = ("targets", "targets_query", "targets_file")


@dataclass(frozen=True)
class FleetSettings:
    """The settings of a fleet.

    Attributes:
        targets: A function that returns the targets, as ``module:function``.
        targets_query: A query for the targets, which runs in the control database. Its
            columns are ``name``, ``url``, ``schema`` and ``group``.
        targets_file: A TOML file with a table ``[[targets]]`` for each target.
        url: The URL of the control database. Empty means the URL of the project.
        version_table: The name of the version table of each target.
    """

    targets: str = ""
    targets_query: str = ""
    targets_file: str = ""
    url: str = ""
    version_table: str = "alembic_version"


def fleet_settings(config: Config) -> FleetSettings:
    """Return the settings of the fleet.

    Raises:
        SettingError: a name is unknown, or not exactly one list of targets is named.
    """
    found: dict[str, Any] = {}
    for source, values in reversed(fleet_values(config)):
        for name in values:
            if name not in {field.name for field in fields(FleetSettings)}:
                raise _unknown(name, source)
        found |= {name: str(value) for name, value in values.items()}
    settings = FleetSettings(**found)
    named = [name for name in _SOURCES if getattr(settings, name)]
    if len(named) != 1:
        raise _not_one(named)
    return settings


def control_url(config: Config, settings: FleetSettings) -> str:
    """Return the URL of the control database.

    Raises:
        UrlError: no source has one.
    """
    if settings.url:
        return os.path.expandvars(settings.url)
    said = said_url(config, None, VARIABLES)
    if said is None:
        raise missing(VARIABLES)
    return str(said.url)


def folder_of(config: Config) -> Path:
    """Return the folder of the project's configuration."""
    named = config.config_file_name or getattr(config, "toml_file_name", None)
    return Path(named).absolute().parent if named else Path.cwd()


def _unknown(name: str, source: str) -> SettingError:
    valid = ", ".join(field.name for field in fields(FleetSettings))
    return SettingError(
        f'unknown setting "{name}" in {source}',
        detail=f"Valid settings are {valid}.",
        hint="Correct or remove it.",
        setting=name,
    )


def _not_one(named: list[str]) -> SettingError:
    found = f"{' and '.join(named)} are set" if named else "none of them is set"
    return SettingError(
        "the targets of the fleet must be listed in one place",
        detail=f"Set one of {', '.join(_SOURCES[:-1])} and {_SOURCES[-1]}; {found}.",
        hint='Write for example targets_file = "targets.toml" under '
        "[tool.alembic_zdt.fleet] of pyproject.toml.",
        setting=named[0] if named else _SOURCES[0],
    )
