"""The raw values of settings, from the places where Alembic keeps them."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError

if TYPE_CHECKING:
    # Not importable while `import alembic` is still under way, where the plugin runs.
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext


def raw_settings(
    context: MigrationContext,
) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return the raw values of each source of settings, the strongest first."""
    return (
        ("the options of the command", _from_command(context.config)),
        ("-x zdt.<name>", _from_x_arguments(context)),
        (_ALLOW, _from_environment()),
        ("context.configure(zdt_<name>=)", _from_configure(context)),
        *config_settings(context.config),
    )


def config_settings(config: Any) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return the raw values of the files of an ``alembic.config.Config``."""
    return (
        ("[alembic_zdt] of alembic.ini", _from_ini(config)),
        ("[tool.alembic_zdt] of pyproject.toml", _from_pyproject(config)),
    )


def raw_settings_before_context(
    environment: EnvironmentContext,
) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return the raw values of the sources that need no migration context."""
    x_arguments = _x_arguments(environment)
    return (("-x zdt.<name>", x_arguments), *config_settings(environment.config))


def fleet_values(config: Any) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return the raw values of a fleet's settings, from both files."""
    return (
        (f"[{_FLEET_SECTION}] of alembic.ini", _from_ini(config, _FLEET_SECTION)),
        (
            "[tool.alembic_zdt.fleet] of pyproject.toml",
            _tables(config).get("fleet", {}),
        ),
    )


_FLEET_SECTION = "alembic_zdt.fleet"
RENAME = "zdt.rename"
OURS = "zdt_upgrade"
"""The attribute of the config that holds the options of our own upgrade."""
_ALLOW = "ZDT_ALLOW_SAME_RUN"


def _from_command(config: Any) -> dict[str, Any]:
    return dict(getattr(config, "attributes", {}).get(OURS) or {})


def _from_environment() -> dict[str, Any]:
    """Return ``allow_same_run``, the only setting that the environment can set."""
    return {"allow_same_run": os.environ[_ALLOW]} if os.environ.get(_ALLOW) else {}


def _from_x_arguments(context: MigrationContext) -> dict[str, Any]:
    environment = context.environment_context
    return {} if environment is None else _x_arguments(environment)


def _x_arguments(environment: EnvironmentContext) -> dict[str, Any]:
    try:
        given = environment.get_x_argument(as_dictionary=True)
    except CommandError:
        return {}
    prefix = "zdt."
    return {
        name.removeprefix(prefix): value
        for name, value in given.items()
        if name.startswith(prefix) and name != RENAME
    }


def _from_configure(context: MigrationContext) -> dict[str, Any]:
    prefix = "zdt_"
    return {
        name.removeprefix(prefix): value
        for name, value in context.opts.items()
        if name.startswith(prefix) and value is not None
    }


def _from_ini(config: Any, section: str = "alembic_zdt") -> dict[str, Any]:
    if config is None or not config.file_config.has_section(section):
        return {}
    # Every section shows the defaults as well, among them Alembic's own "here".
    file = config.file_config
    return {k: v for k, v in file.items(section) if k not in file.defaults()}


def _from_pyproject(config: Any) -> dict[str, Any]:
    return {name: each for name, each in _tables(config).items() if name != "fleet"}


def _tables(config: Any) -> dict[str, Any]:
    file = Path(getattr(config, "toml_file_name", None) or "pyproject.toml")
    if config is None or not file.is_file():
        return {}
    found = file.stat()
    return dict(_section_of(file.absolute(), found.st_mtime_ns, found.st_size))


@functools.lru_cache(maxsize=8)  # each revision asks
def _section_of(file: Path, *_version: int) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  # most runs of alembic need no settings

    found = tomllib.loads(file.read_text(encoding="utf-8"))
    return dict(found.get("tool", {}).get("alembic_zdt", {}))
