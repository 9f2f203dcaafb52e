"""The values of settings that are more than a text: modes, sizes, durations.

The text of a ``ValueError`` completes a sentence that begins with "It must be".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, cast, get_args

from alembic_zdt.setting_values import boolean, integer
from alembic_zdt.time_window import TimeWindow

Mode = Literal["off", "warn", "error"]

_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"\A\s*+(\d++(?:\.\d++)?)\s*+(ms|s|min|h|d)\s*+\Z")
_BYTES = {"kB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_SIZE = re.compile(r"\A(\d++(?:\.\d++)?)\s*+(kB|MB|GB|TB)\Z")


@dataclass(frozen=True)
class Modes:
    """Modes of single names: ``drop-column=off, create-index=warn``.

    Attributes:
        pairs: each name with its mode.
    """

    pairs: tuple[tuple[str, Mode], ...] = ()

    def get(self, name: str) -> Mode | None:
        """Return the mode of a name, None if it has none."""
        return dict(self.pairs).get(name)

    def __str__(self) -> str:
        """Return the modes as a setting writes them."""
        return ", ".join(f"{name}={mode}" for name, mode in self.pairs)


@dataclass(frozen=True)
class OldSessions:
    """A contract's reaction to sessions that began before its expand.

    Attributes:
        mode: what a contract does: refuse, wait, or ignore the sessions.
        patience: the longest wait for the end of these sessions.
    """

    mode: Literal["refuse", "wait", "ignore"] = "refuse"
    patience: timedelta = timedelta(0)

    def __str__(self) -> str:
        """Return the value as a setting writes it."""
        if self.mode != "wait":
            return self.mode
        return f"wait={milliseconds(self.patience)}ms"


@dataclass(frozen=True)
class ByteSize:
    """A number of bytes with its unit, written as PostgreSQL does: ``50MB``.

    Attributes:
        text: the size as it was written, empty for none.

    Raises:
        ValueError: no unit, or not a number above zero.
    """

    text: str = ""

    def __post_init__(self) -> None:
        """Refuse a text that is no size."""
        if self.text and self.count <= 0:
            raise _no_size()

    @property
    def count(self) -> int:
        """Return the number of bytes, 0 for an empty text."""
        if not self.text:
            return 0
        match = _SIZE.match(self.text)
        if match is None:
            raise _no_size()
        return round(float(match[1]) * _BYTES[match[2]])

    def __str__(self) -> str:
        """Return the size as a setting writes it."""
        return self.text


@dataclass(frozen=True)
class BlockerRule:
    """The act against a blocker that has been in a state for too long.

    Attributes:
        state: ``idle in transaction`` or ``active``.
        age: how long it may be in this state.
        act: what is done then.
    """

    state: str
    age: timedelta
    act: Literal["cancel", "terminate"]


_RULE = re.compile(
    r"\A(?:(idle in transaction) > ([^:]++): (terminate)"
    r"|(active) > ([^:]++): (terminate|cancel))\Z"
)


@dataclass(frozen=True)
class BlockerRules:
    """The acts against sessions that block a migration, none by default.

    Attributes:
        text: the rules as a setting writes them, the first that fits a session counts.

    Raises:
        ValueError: a rule cannot be read.
    """

    text: str = ""

    def __post_init__(self) -> None:
        """Refuse a text that has no rules."""
        tuple(self)

    def __str__(self) -> str:
        """Return the rules as a setting writes them."""
        return self.text

    def __iter__(self) -> Iterator[BlockerRule]:
        """Yield the rules in their order."""
        for part in filter(None, map(str.strip, self.text.split(","))):
            yield _rule(part)


def _rule(text: str) -> BlockerRule:
    match = _RULE.match(text)
    try:
        if match is not None:
            state, age, act = filter(None, match.groups())
            return BlockerRule(state, duration(age), cast("Any", act))
    except ValueError:
        pass
    msg = (
        'rules such as "idle in transaction > 30s: terminate, active > 10min: cancel" '
        "(a session that is idle cannot be cancelled)"
    )
    raise ValueError(msg)


def _no_size() -> ValueError:
    return ValueError('a size with its unit, such as "50MB" or "2GB"')


def milliseconds(duration: timedelta) -> int:
    """Round a duration up, so that a short ``lock_timeout`` never becomes 0."""
    return -(-duration // timedelta(milliseconds=1))


def duration(text: str) -> timedelta:
    """Parse ``200ms``, ``2s``, ``5min``, ``1h`` or ``1d``.

    Raises:
        ValueError: no unit, not a number, or too long for a ``timedelta``.
    """
    match = _DURATION.match(text)
    with suppress(OverflowError):
        if match is not None:
            return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    msg = 'a duration with its unit, such as "200ms", "2s" or "5min"'
    raise ValueError(msg)


def _written_modes(text: str) -> Modes:
    parts = (part for part in re.split(r"[,\n]", text) if part.strip())
    return modes(part.rpartition("=")[::2] for part in parts)


def modes(pairs: Iterable[tuple[Any, Any]]) -> Modes:
    """Return the modes of pairs of a name and its mode.

    Raises:
        ValueError: a name is empty, or a mode is unknown.
    """
    known = get_args(Mode)
    found = tuple((str(name).strip(), str(mode).strip()) for name, mode in pairs)
    if all(name and mode in known for name, mode in found):
        return Modes(cast("tuple[tuple[str, Mode], ...]", found))
    msg = "names with their modes (off, warn or error), such as drop-column=off"
    raise ValueError(msg)


def _old_sessions(text: str) -> OldSessions:
    mode, _, time = text.partition("=")
    if mode in {"refuse", "ignore"} and not time:
        return OldSessions(cast("Any", mode))
    try:
        if mode == "wait":
            return OldSessions("wait", duration(time))
    except ValueError:
        pass
    msg = '"refuse", "ignore", or "wait" with a duration, such as "wait=10min"'
    raise ValueError(msg)


READERS: dict[Any, Callable[[str], Any]] = {
    BlockerRules: BlockerRules,
    ByteSize: ByteSize,
    TimeWindow: TimeWindow,
    Modes: _written_modes,
    OldSessions: _old_sessions,
    timedelta: duration,
    bool: boolean,
    int: integer,
    str: str,
}
"""The function that reads a text, for each type of a setting."""
