"""How long the work of a step takes on a usual machine.

The formulas tell how time grows with bytes and rows.  Only a server's own history or a
calibration can tell how fast it is: they give the factor between the formula and the
time on that server.  ``benchmarks/estimates.py`` compares the result with real runs.
https://www.postgresql.org/docs/current/runtime-config-query.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from alembic_zdt.estimates.work_size import WorkSize
from alembic_zdt.steps import WorkKind

_STEP = 0.05
"""Seconds that a step takes whatever its rows: snapshots, catalog, commit."""

_READ = 1 / 2e9
"""Seconds to read a byte of a table, most of them cached."""

_WRITE = 1 / 400e6
"""Seconds to write a byte and its WAL."""

_WAL_OF_UPDATE = 120
"""Bytes of WAL of a changed row in addition to its values, full pages included."""

_WAL_OF_ENTRY = 90
"""Bytes of WAL of an index entry of a changed row."""


def seconds(kind: WorkKind, size: WorkSize) -> float:
    """Return how many seconds the work takes on a usual machine."""
    return _STEP + _SECONDS[kind](size)


def wal_bytes(kind: WorkKind, size: WorkSize) -> int:
    """Return how many bytes of WAL the work writes."""
    if kind is WorkKind.INDEX:
        return size.stored
    if kind is WorkKind.BACKFILL:
        entries = size.indexes * _WAL_OF_ENTRY
        return size.stored + size.chosen * (_WAL_OF_UPDATE + entries)
    return 0


def disk_bytes(kind: WorkKind, size: WorkSize) -> int:
    """Return how many bytes of disk the work needs, without WAL."""
    return size.stored if kind in {WorkKind.INDEX, WorkKind.BACKFILL} else 0


def _index(size: WorkSize) -> float:
    """Return the seconds of two scans, a sort of the entries, and their write."""
    compared = size.chosen * math.log2(max(size.chosen, 2))
    return (
        2 * (size.bytes * _READ + size.rows * 4e-8)
        + compared * 1.2e-8
        + size.stored * _WRITE
    )


def _check(size: WorkSize) -> float:
    return size.bytes * _READ + size.rows * 6e-8


def _foreign_key(size: WorkSize) -> float:
    return (size.bytes + size.other_bytes) * _READ + size.rows * 3e-7


def _backfill(size: WorkSize) -> float:
    per_row = 4e-6 + size.indexes * 1.5e-6
    return size.bytes * _READ + size.rows * 1e-7 + size.chosen * per_row


_SECONDS: Mapping[WorkKind, Callable[[WorkSize], float]] = {
    WorkKind.INDEX: _index,
    WorkKind.CHECK: _check,
    WorkKind.FOREIGN_KEY: _foreign_key,
    WorkKind.BACKFILL: _backfill,
}
