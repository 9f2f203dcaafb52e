"""Read the configuration of a project as Alembic's command line does.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#using-pyproject-toml-for-configuration
"""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config

from alembic_zdt.errors import UsageError

_INI, _TOML = "alembic.ini", "pyproject.toml"


def read_config(path: Path) -> Config:
    """Read an ini file, the ``pyproject.toml`` in its folder, or both.

    Raises:
        UsageError: there is no such file.
    """
    toml = path.with_name(_TOML)
    file = None if path.name == _TOML else str(path)
    if not read_from(path).is_file():
        raise UsageError(
            f'there is no file "{path}"',
            detail="Alembic's configuration should be in this file.",
            hint='Pass config="path/to/alembic.ini", or an alembic.config.Config.',
        )
    return Config(file, toml_file=str(toml) if toml.is_file() else None)


def read_from(path: Path) -> Path:
    """Return the path, or the path of the ``pyproject.toml`` to read instead."""
    toml = path.with_name(_TOML)
    stands_in = path.name == _INI and not path.is_file() and _is_alembics(toml)
    return toml if stands_in else path


def _is_alembics(toml: Path) -> bool:
    return toml.is_file() and bool(Config(toml_file=str(toml)).toml_alembic_config)
