"""Readers of the plain values of settings.

The text of a ``ValueError`` completes a sentence that begins with "expected".
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

EXAMPLES = {
    "maintenance_work_mem": "1GB",
    "backfill_schema": "ops",
    "ignore_applications": "psql, metabase*",
    "ignore_roles": "dba, report_*",
    "blocker_roles": "reports, analyst_*",
    "blocker_applications": "metabase*",
    "backfill_throttle": "myapp.throttles:seconds_to_wait",
    "notify_url": "https://chat.example.com/hooks/migrations",
    "start_after": "27c6a30d7c24",
}
"""Examples for settings that are empty by default."""

_BOOLEANS = {"true": True, "on": True, "yes": True, "1": True} | {
    "false": False,
    "off": False,
    "no": False,
    "0": False,
}


def choice(choices: tuple[str, ...], value: Any) -> str:
    """Return a value that is one of *choices*."""
    if value in choices:
        return str(value)
    msg = "one of " + ", ".join(f'"{choice}"' for choice in choices)
    raise ValueError(msg)


def boolean(text: str) -> bool:
    """Return the boolean that a text stands for."""
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        msg = "true or false"
        raise ValueError(msg) from None


def integer(text: str) -> int:
    """Return the whole number that a text stands for."""
    try:
        return int(text)
    except ValueError:
        msg = "a whole number"
        raise ValueError(msg) from None


def text_of(value: Any) -> str:
    """Return a value as text, without the spaces around it."""
    if isinstance(value, Collection) and not isinstance(value, str):
        msg = "text, with commas between several values"
        raise ValueError(msg)  # noqa: TRY004  # as every reader here
    return str(value).strip()
