"""The settings, where they come from, and how their values are read.

In this order, the first that has a value wins: ``-x zdt.<name>=`` on the command
line, ``context.configure(zdt_<name>=)`` in env.py, ``[alembic_zdt]`` in alembic.ini,
``[tool.alembic_zdt]`` in pyproject.toml.
"""

from __future__ import annotations

import difflib
import functools
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from alembic_zdt.errors import SettingError

SqlFlavor = Literal["psql", "plain"]
EmitContract = Literal["together", "later"]
Progress = Literal["auto", "live", "log", "off"]
Mode = Literal["off", "warn", "error"]

_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)\s*\Z")
_BOOLEANS = {"true": True, "on": True, "yes": True, "1": True} | {
    "false": False,
    "off": False,
    "no": False,
    "0": False,
}


@dataclass(frozen=True)
class Modes:
    """What holds for some names: ``drop-column=off, create-index=warn``.

    Attributes:
        pairs: each name with its mode.
    """

    pairs: tuple[tuple[str, Mode], ...] = ()

    def get(self, name: str) -> Mode | None:
        """The mode of a name, None where nothing is said of it."""
        return dict(self.pairs).get(name)

    def __str__(self) -> str:
        """As it is written."""
        return ", ".join(f"{name}={mode}" for name, mode in self.pairs)


@dataclass(frozen=True)
class Settings:
    """Everything that can be set.

    Attributes:
        lock_timeout: the bound of the promise: no query of the application waits
            longer than this behind a lock that we wait for or hold.
        lock_patience: over this time the part of the bound that is spent on one
            try rises to the whole bound; longer means fewer and shorter stalls.
        lock_deadline: give up when the lock could not be had for so long.
        snapshot_deadline: how long to wait, before an index is built, for other
            sessions whose old snapshot would make the build hang.
        statement_timeout: for steps that scan or build, 0s is none.
        progress_interval: seconds between two log lines of a long step.
        progress: ``live`` line, ``log`` lines, ``off``; ``auto`` is live on a
            terminal with rich installed, else log.
        sql_flavor: ``--sql`` for ``psql`` or for ``plain`` runners.
        target_version: the oldest PostgreSQL that a ``--sql`` script must run on.
        show_queries: show other sessions' queries in errors and log lines.
        maintenance_work_mem: for index builds, for example ``1GB``; empty keeps
            the server's.
        max_parallel_maintenance_workers: for index builds; -1 keeps the server's.
        backfill_table: where the state of backfills is kept; that of their slices
            is in a second table, ``<backfill_table>_slice``.
        backfill_schema: its schema, empty is that of ``alembic_version``; that of
            ``log_table``, too.
        log_table: where it is kept which revisions were applied when.
        emit_contract: ``together`` writes the contract with the other phases, ``later``
            leaves it to ``alembic-zdt contract``.
        migration_lock: let one process migrate at a time, where ``alembic_zdt.env``
            runs the migrations.
        migration_lock_deadline: give up when another one migrated for so long.
        allow_same_run: let a contract run in the run that began its window, whoever
            is connected; the environment variable ``ZDT_ALLOW_SAME_RUN`` sets it, too.
        guard: what an upgrade does with an operation that a check finds: ``error``
            stops before it is sent, ``warn`` logs it, ``off`` looks at nothing.
        small_table_rows: the guard lets pass what is done to tables of no more rows.
        check_modes: of single checks, for the guard and for ``lint``:
            ``drop-column=off, change-rows=warn``.
        table_modes: of single tables, whatever their size:
            ``audit.log=off, users=error``.
        start_after: a revision; the guard and ``lint`` look at what comes after it.
            Several branches: one each, with commas between.
    """

    lock_timeout: timedelta = timedelta(milliseconds=200)
    lock_patience: timedelta = timedelta(seconds=10)
    lock_deadline: timedelta = timedelta(minutes=5)
    snapshot_deadline: timedelta = timedelta(minutes=5)
    statement_timeout: timedelta = timedelta(0)
    progress_interval: timedelta = timedelta(seconds=5)
    progress: Progress = "auto"
    sql_flavor: SqlFlavor = "psql"
    target_version: int = 14
    show_queries: bool = True
    maintenance_work_mem: str = ""
    max_parallel_maintenance_workers: int = -1
    backfill_table: str = "alembic_zdt_backfill"
    backfill_schema: str = ""
    log_table: str = "alembic_zdt_revision"
    emit_contract: EmitContract = "together"
    migration_lock: bool = True
    migration_lock_deadline: timedelta = timedelta(minutes=10)
    allow_same_run: bool = False
    guard: Mode = "error"
    small_table_rows: int = 10_000
    check_modes: Modes = Modes()
    table_modes: Modes = Modes()
    start_after: str = ""

    @classmethod
    def from_sources(cls, *sources: tuple[str, Mapping[str, Any]]) -> Settings:
        """The settings of several sources, the first one wins.

        Args:
            sources: pairs of a source's name for messages and its raw values.

        Raises:
            SettingError: a name is unknown or a value cannot be read.
        """
        values: dict[str, Any] = {}
        for source, raw in reversed(sources):
            values |= dict(_read(source, raw))
        return _checked(cls(**values))


def milliseconds(duration: timedelta) -> int:
    """For ``lock_timeout`` and the like: rounded up, so that it never becomes 0."""
    return -(-duration // timedelta(milliseconds=1))


def seconds(duration: timedelta) -> str:
    """For messages: ``0.2 s``, ``300 s``."""
    return f"{duration.total_seconds():g} s"


def duration(text: str) -> timedelta:
    """``200ms``, ``2s``, ``5min``, ``1h``, ``1d`` as a timedelta.

    Raises:
        ValueError: no unit, or not a number.
    """
    match = _DURATION.match(text)
    if match is None:
        msg = 'a duration with its unit, such as "200ms", "2s" or "5min"'
        raise ValueError(msg)
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


@functools.cache
def _kinds() -> dict[str, Any]:
    return get_type_hints(Settings)


def _read(source: str, raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    kinds = _kinds()
    for name, value in raw.items():
        if name not in kinds:
            raise _unknown(source, name)
        try:
            yield name, _converted(kinds[name], value)
        except ValueError as error:
            raise _ill_typed(source, name, value, str(error)) from error


def _converted(kind: Any, value: Any) -> Any:
    if get_origin(kind) is Literal:
        return _choice(get_args(kind), value)
    if isinstance(kind, type | types.GenericAlias) and type(value) is kind:
        return value
    if kind is Modes and isinstance(value, Mapping):
        return _modes(value.items())
    return _READERS[kind](str(value).strip())


def _choice(choices: tuple[str, ...], value: Any) -> str:
    if value in choices:
        return str(value)
    msg = "one of " + ", ".join(f'"{choice}"' for choice in choices)
    raise ValueError(msg)


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        msg = "true or false"
        raise ValueError(msg) from None


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        msg = "a whole number"
        raise ValueError(msg) from None


def _written_modes(text: str) -> Modes:
    parts = (part for part in re.split(r"[,\n]", text) if part.strip())
    return _modes(part.rpartition("=")[::2] for part in parts)


def _modes(pairs: Iterable[tuple[Any, Any]]) -> Modes:
    known = get_args(Mode)
    found = tuple((str(name).strip(), str(mode).strip()) for name, mode in pairs)
    if all(name and mode in known for name, mode in found):
        return Modes(cast("tuple[tuple[str, Mode], ...]", found))
    msg = "names with their modes (off, warn or error), such as drop-column=off"
    raise ValueError(msg)


_READERS: dict[Any, Callable[[str], Any]] = {
    Modes: _written_modes,
    timedelta: duration,
    bool: _boolean,
    int: _integer,
    str: str,
}


def _checked(settings: Settings) -> Settings:
    if settings.lock_timeout <= timedelta(0):
        raise SettingError(
            'setting "lock_timeout" must be more than zero',
            detail="Zero means no timeout in PostgreSQL, and the application would "
            "wait as long as we do.",
            hint='Use a duration such as "200ms".',
        )
    if settings.small_table_rows < 0:
        raise SettingError(
            'setting "small_table_rows" must not be less than zero',
            detail="It is the number of rows up to which a table is small.",
            hint="Write 0 for: none is.",
            setting="small_table_rows",
        )
    return settings


def _unknown(source: str, name: str) -> SettingError:
    valid = [field.name for field in fields(Settings)]
    close = difflib.get_close_matches(name, valid, n=1)
    hint = f'Did you mean "{close[0]}"? ' if close else ""
    return SettingError(
        f'unknown setting "{name}" in {source}',
        detail=f"Valid settings are {', '.join(valid)}.",
        hint=f"{hint}Correct or remove it.",
        setting=name,
    )


def _ill_typed(source: str, name: str, value: Any, expected: str) -> SettingError:
    return SettingError(
        f'setting "{name}" in {source} cannot be "{value}"',
        detail=f"It must be {expected}.",
        hint=f'Write for example "{name} = {_example(name)}".',
        setting=name,
    )


def _example(name: str) -> str:
    value = getattr(Settings(), name)
    if isinstance(value, timedelta):
        return f"{milliseconds(value)}ms"
    if isinstance(value, Modes):
        return "drop-column=off"
    return str(value).lower() if value != "" else "1GB"
