"""Estimates in words: ``about 7 min (4-12), 3.1 GB WAL``."""

from __future__ import annotations

from alembic_zdt.estimates.estimate import Estimate

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_KILO = 1024
_MINUTE, _HOUR = 60.0, 3600.0
_TIMES = ((1.0, "s"), (_MINUTE, "min"), (_HOUR, "h"))
_TEN, _FEW = 10, 3
_SMALL = 0.95
_WORTH_SAYING = 1024 * 1024


def size_text(estimate: Estimate) -> str:
    """Return the size of the table: ``1.2 GB, about 14,000,000 rows``."""
    size = estimate.size
    return f"{bytes_text(size.bytes)}, about {size.rows:,} rows"


def estimate_text(estimate: Estimate) -> str:
    """Return time, WAL and disk, with the source of the server's speed."""
    parts = [times_text(estimate)]
    if estimate.wal >= _WORTH_SAYING:
        parts.append(f"{bytes_text(estimate.wal)} WAL")
    if estimate.disk >= _WORTH_SAYING:
        until = f" until {estimate.until}" if estimate.until else ""
        parts.append(f"{bytes_text(estimate.disk)} disk{until}")
    return f"{', '.join(parts)} ({_source(estimate)})"


def times_text(estimate: Estimate) -> str:
    """Return the likely time with its range in one unit: ``about 7 min (4-12)``."""
    if estimate.high < 1:
        return "less than 1 s"
    unit, name = max(
        (each for each in _TIMES if each[0] <= max(estimate.likely, 1.0) * 1.2),
    )
    low, likely, high = (
        _number(each / unit) for each in (estimate.low, estimate.likely, estimate.high)
    )
    return f"about {likely} {name} ({low}-{high})"


def bytes_text(count: int) -> str:
    """Return a number of bytes in a unit that fits: ``3.1 GB``."""
    amount, unit = float(count), 0
    while amount >= _KILO * _SMALL and unit < len(_UNITS) - 1:
        amount, unit = amount / _KILO, unit + 1
    digits = 1 if unit > 1 and amount < 10 else 0  # one digit more
    return f"{amount:.{digits}f} {_UNITS[unit]}"


def duration_text(seconds: float) -> str:
    """Return a duration in one rounded unit: ``5 min``."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"


def _number(value: float) -> str:
    digits = 1 if value < _FEW else 0
    return f"{value:.{digits}f}".removesuffix(".0")


def _source(estimate: Estimate) -> str:
    if estimate.source == "default":
        return "nothing was measured on this server yet"
    steps = "1 step" if estimate.samples == 1 else f"{estimate.samples} steps"
    if estimate.source == "calibration":
        return "from a calibration of this server"
    return f"from {steps} of this kind on this server"
