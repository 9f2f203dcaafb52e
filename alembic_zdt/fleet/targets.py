"""The targets of a fleet: databases, schemas, or schemas of several databases."""

from __future__ import annotations

import fnmatch
import importlib
import os
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from alembic.config import Config
from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from alembic_zdt.errors import UsageError
from alembic_zdt.fleet.control import over
from alembic_zdt.fleet.fleet_settings import FleetSettings, control_url, folder_of

_TOO_FEW = 2


@dataclass(frozen=True)
class FleetTarget:
    """A database or a schema that has a version table of its own.

    Attributes:
        name: a unique name.
        url: the URL of its database; empty means the control database.
        schema: its schema; empty means the one that the URL leads to.
        group: a word by which targets are chosen together.
    """

    name: str
    url: str = ""
    schema: str = ""
    group: str = ""

    @property
    def server(self) -> str:
        """Return host and port of the server, without user and password."""
        url = make_url(self.url)
        host = url.host or str(url.query.get("host", "localhost"))
        return f"{host}:{url.port or url.query.get('port', 5432)}"


def targets_of(config: Config, settings: FleetSettings) -> list[FleetTarget]:
    """Return all targets, each with a URL, in the order of the list.

    Raises:
        UsageError: the list cannot be read, or a target is not described in full.
        CannotConnectError: the control database does not answer.
    """
    own = control_url(config, settings)
    found = [_target(each, own) for each in _listed(config, settings, own)]
    if len({each.name for each in found}) != len(found):
        raise _twice(found)
    return found


def chosen(
    targets: Sequence[FleetTarget], only: Sequence[str], skip: Sequence[str]
) -> list[FleetTarget]:
    """Return the targets whose name or group matches *only* and does not match *skip*.

    Args:
        targets: all targets.
        only: patterns as in file names; empty for all targets.
        skip: patterns of targets to leave out.

    Raises:
        UsageError: a pattern of *only* matches no target.
    """
    for pattern in only:
        if not any(_matches(each, [pattern]) for each in targets):
            raise UsageError(
                f'no target matches "{pattern}"',
                detail=f"The fleet has {len(targets)} targets.",
                hint="The status of the fleet lists them.",
            )
    return [
        each
        for each in targets
        if (not only or _matches(each, only)) and not _matches(each, skip)
    ]


def _matches(target: FleetTarget, patterns: Sequence[str]) -> bool:
    names = [target.name, *filter(None, [target.group])]
    return any(fnmatch.fnmatchcase(n, pattern) for n in names for pattern in patterns)


def _listed(config: Config, settings: FleetSettings, own: str) -> Iterable[Any]:
    if settings.targets:
        return _of_function(config, settings.targets)
    if settings.targets_query:
        return over(own, lambda connection: _of_query(connection, settings))
    return _of_file(folder_of(config) / settings.targets_file)


def _of_function(config: Config, path: str) -> Iterable[Any]:
    listing = imported(config, path, "which lists the targets", "targets = ")
    return list(listing())


def imported(config: Config, path: str, what: str, written: str) -> Callable[..., Any]:
    """Import a function of the project, whose modules are next to the configuration.

    Args:
        config: Alembic's configuration.
        path: the function, as ``module:function``.
        what: what the function does, for the error.
        written: the beginning of what the user should write, for the error.

    Raises:
        UsageError: there is no such function.
    """
    module, _, name = path.partition(":")
    folder = str(folder_of(config))
    if folder not in sys.path:
        sys.path.insert(0, folder)  # as Alembic's prepend_sys_path = .
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f'cannot import "{path}", {what}',
            detail=f"{type(error).__name__}: {error}.",
            hint=f'Write {written}"module:function".',
        ) from error
    return found


def _of_query(connection: Connection, settings: FleetSettings) -> list[Any]:
    # As it is written: a colon or a percent sign means nothing else.
    options = {"no_parameters": True}
    try:
        rows = connection.exec_driver_sql(
            settings.targets_query, execution_options=options
        )
        return [dict(row) for row in rows.mappings()]
    except SQLAlchemyError as error:
        raise UsageError(
            "the query for the targets of the fleet failed",
            detail=f"{getattr(error, 'orig', None) or error}.",
            hint="Correct targets_query.",
        ) from error


def _of_file(path: Path) -> Iterable[Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f'cannot read the targets in "{path.name}"',
            detail=f"{error}.",
            hint="The file is in the folder of Alembic's configuration.",
        ) from error
    return [
        each | {"url": os.path.expandvars(str(each.get("url", "")))}
        if isinstance(each, dict)
        else each
        for each in found.get("targets", ())
    ]


def _target(listed: Any, own: str) -> FleetTarget:
    values = dict(_values(listed))
    if not values.get("name"):
        raise UsageError(
            "a target of the fleet has no name",
            detail=f"It has {', '.join(sorted(values)) or 'nothing'}.",
            hint="Give each target a name of its own.",
        )
    name = values["name"]
    if not values.get("url") and not values.get("schema"):
        raise UsageError(
            f'target "{name}" has neither a URL nor a schema',
            detail="Then it would be the control database itself.",
            hint="Give it url, schema or both.",
        )
    url = values.get("url") or own
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError(
            f'the URL of target "{name}" is not a URL of a database',
            detail="The value is not shown, because it may hold a password.",
            hint="Write postgresql://user:password@host:5432/database.",
        ) from None
    return FleetTarget(name, url, values.get("schema", ""), values.get("group", ""))


def _values(listed: Any) -> Iterator[tuple[str, str]]:
    """Yield the values of a target that is a mapping, or an object with attributes."""
    known = [field.name for field in fields(FleetTarget)]
    if isinstance(listed, str):
        yield from (("name", listed), ("schema", listed))
        return
    for name in known:
        found = (
            listed.get(name)
            if isinstance(listed, Mapping)
            else getattr(listed, name, None)
        )
        if isinstance(found, URL):
            yield name, found.render_as_string(hide_password=False)
        elif found is not None:
            yield name, str(found)


def _twice(found: Sequence[FleetTarget]) -> UsageError:
    names = [each.name for each in found]
    name = next(name for name in names if names.count(name) >= _TOO_FEW)
    return UsageError(
        f'two targets of the fleet are named "{name}"',
        detail="A run finds a target by its name.",
        hint="Give each target a name of its own.",
    )
