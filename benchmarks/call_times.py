"""Time each call of ``op`` in the revisions of a run, and compare two runs."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = "calls"
TIMING = f"""
import contextlib, functools, json, time
from alembic import op
taken, depth = [], []

@contextlib.contextmanager
def timed():
    depth.append(1)
    start = time.perf_counter()
    try:
        yield
    finally:
        depth.pop()
        if not depth:  # else it is part of another call
            taken.append(time.perf_counter() - start)

def timing(call):
    @functools.wraps(call)
    def run(*given, **named):
        with timed():
            return call(*given, **named)
    return run

def timing_batch(batch_alter_table):
    @contextlib.contextmanager
    def run(*given, **named):
        with timed(), batch_alter_table(*given, **named) as batch:
            yield batch
    return run

for name in dir(op):
    if name.startswith(("add_", "alter_", "bulk_", "create_", "drop_", "execute")):
        setattr(op, name, timing(getattr(op, name)))
op.batch_alter_table = timing_batch(op.batch_alter_table)
atexit.register(lambda: pathlib.Path("{FILE}").write_text(json.dumps(taken)))
"""
"""Code for an env.py that has imported ``atexit`` and ``pathlib``."""


def read(folder: Path) -> list[float]:
    """Return the seconds of the calls of the last run in a folder."""
    found: list[float] = json.loads((folder / FILE).read_text())
    return found


def milliseconds_more(
    ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]
) -> list[float]:
    """Return what each call takes more, by the medians over the runs of each side.

    Args:
        ours: the seconds of the calls of each run with the package.
        theirs: those of the runs without it.
    """
    a, b = (
        [statistics.median(call) for call in _by_call(runs)] for runs in (ours, theirs)
    )
    return [(x - y) * 1000 for x, y in zip(a, b, strict=True)]


def _by_call(runs: Sequence[Sequence[float]]) -> list[tuple[float, ...]]:
    return list(zip(*runs, strict=True))
