"""Readers of the plain values of settings.

The text of a ``ValueError`` completes a sentence that begins with "expected".
"""

from __future__ import annotations

from typing import Any

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
