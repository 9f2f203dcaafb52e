"""Check the times and limits of a call of ``op.backfill()``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from alembic_zdt.errors import UsageError
from alembic_zdt.setting_kinds import ByteSize
from alembic_zdt.settings import duration
from alembic_zdt.throttles.load_limits import LoadLimits
from alembic_zdt.time_window import TimeWindow

_EXAMPLES = {
    "target_batch_time": "100ms",
    "max_replica_lag": "10s",
    "pause": "0ms",
    "max_wal_rate": "50MB",
    "max_archive_backlog": "2GB",
    "window": "22:00-05:00 Europe/Berlin",
}


def limits_of(given: Mapping[str, Any]) -> LoadLimits:
    """Return the limits of a call, None where the settings decide.

    Args:
        given: the arguments of the call by their names.

    Raises:
        UsageError: a value cannot be read.
    """
    lag, window = given["max_replica_lag"], given["window"]
    return LoadLimits(
        max_replica_lag=None if lag is None else seconds_of("max_replica_lag", lag),
        max_wal_rate=_bytes("max_wal_rate", given),
        max_archive_backlog=_bytes("max_archive_backlog", given),
        wait_for_autovacuum=given["wait_for_autovacuum"],
        max_active_sessions=_number("max_active_sessions", given),
        max_lock_waiters=_number("max_lock_waiters", given),
        window=None if window is None else _window(window),
        throttle=given["throttle"],
    )


def seconds_of(name: str, value: str | timedelta, least: float = 0.0) -> float:
    """Return the seconds of a duration of a call.

    Args:
        name: the argument.
        value: the duration with its unit.
        least: the fewest seconds that make sense.

    Raises:
        UsageError: it is no duration, or too short.
    """
    try:
        found = value if isinstance(value, timedelta) else duration(value)
    except (TypeError, ValueError) as error:
        raise _no_duration(name, value) from error
    if found.total_seconds() < least:
        raise _no_duration(name, value)
    return found.total_seconds()


def _no_duration(name: str, value: Any) -> UsageError:
    example = _EXAMPLES[name]
    return UsageError(
        f"{name}={value!r} of a backfill is not a duration",
        detail=f'{name}= takes a text with a unit, such as "200ms", "2s" or "5min", '
        "or a timedelta.",
        hint=f'Write {name}="{example}".',
    )


def _bytes(name: str, given: Mapping[str, Any]) -> int | None:
    value = given[name]
    if value is None:
        return None
    try:
        return ByteSize(str(value)).count
    except ValueError as error:
        raise _no_limit(name, value, str(error)) from error


def _window(value: Any) -> str:
    try:
        return TimeWindow(str(value)).text
    except ValueError as error:
        raise _no_limit("window", value, str(error)) from error


def _number(name: str, given: Mapping[str, Any]) -> int | None:
    value = given[name]
    if value is None or (type(value) is int and value >= -1):
        return value
    raise _no_limit(name, value, "a whole number of sessions, or -1 for no limit")


def _no_limit(name: str, value: Any, wanted: str) -> UsageError:
    example = f'"{_EXAMPLES[name]}"' if name in _EXAMPLES else "20"
    return UsageError(
        f"{name}={value!r} of a backfill cannot be read",
        detail=f"{name}= takes {wanted}.",
        hint=f"Write {name}={example}, or leave it out.",
    )
