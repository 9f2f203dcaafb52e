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
    if environment is None:
        return {}
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


def _from_ini(config: Any) -> dict[str, Any]:
    if config is None or not config.file_config.has_section("alembic_zdt"):
        return {}
    # Every section shows the defaults as well, among them Alembic's own "here".
    file, section = config.file_config, "alembic_zdt"
    return {k: v for k, v in file.items(section) if k not in file.defaults()}


def _from_pyproject(config: Any) -> dict[str, Any]:
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
