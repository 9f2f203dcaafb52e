"""The contract of a rename, while programs of both drivers use the new name."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from alembic_zdt.runner.transactions import TIMING
from benchmarks.dual_write_results import Swap
from benchmarks.dual_write_schemes import FILL, NAMES, ROW, TABLE, upgrade
from benchmarks.project import Project
from examples.shop import server
from examples.shop.proofs import demand

if TYPE_CHECKING:
    from collections.abc import Iterator

LOAD = Path(__file__).with_name("dual_write_load.py")
PHASES = ("expand", "migrate", "contract")
BODIES = [f"from alembic_zdt import op\nop.{p}_rename_column({NAMES})" for p in PHASES]
SWAP = "RENAME COLUMN"
ONE_COLUMN = (
    "(SELECT array_agg(attname::text) FROM pg_attribute"
    " WHERE attrelid = 'accounts'::regclass AND attname IN ('email', 'mail'))"
    " = ARRAY['mail']"
)
EVERY_ROW_HAS_IT = "NOT EXISTS (SELECT FROM accounts WHERE mail IS NULL)"
QUIET_SECONDS = 1.0


def swapped(url: str, rows: int, programs: int) -> Swap:
    """Make the table, rename its column with nobody there, then end it under load."""
    fill = FILL.format(row=ROW, rows=rows)
    server.command(url, *TABLE, fill)
    upgrade(url, *(f"op.{phase}_rename_column({NAMES})" for phase in PHASES[:2]))
    server.command(url, "VACUUM ANALYZE accounts", "CHECKPOINT")
    samples: list[tuple[float, float, str]] = []
    with Project(BODIES) as project, _load(url, rows, programs, samples):
        time.sleep(QUIET_SECONDS)  # the window before, of the same length
        began = time.monotonic()
        with _held() as held:
            project.upgrade({"zdt.allow_same_run": "true"})
        ended = time.monotonic()
        time.sleep(QUIET_SECONDS)
    for condition in (ONE_COLUMN, EVERY_ROW_HAS_IT):
        demand(url, condition, "contract of the rename")
    before = _within(samples, began - QUIET_SECONDS, began)
    meanwhile = _within(samples, began, ended + QUIET_SECONDS)
    return Swap(
        held_ms=held[0] * 1000,
        longest_ms=max(s[1] for s in meanwhile),
        longest_before_ms=max(s[1] for s in before),
        statements=len(samples),
        errors=dict(Counter(error for _, _, error in samples if error)),
    )


def _within(
    samples: list[tuple[float, float, str]], first: float, last: float
) -> list[tuple[float, float, str]]:
    return [sample for sample in samples if first <= sample[0] <= last]


@contextlib.contextmanager
def _load(
    url: str, rows: int, programs: int, samples: list[tuple[float, float, str]]
) -> Iterator[None]:
    """Programs of a process of their own; what they saw is in *samples* afterwards."""
    arguments = [sys.executable, str(LOAD), server.libpq(url), str(rows), str(programs)]
    with subprocess.Popen(  # a program of ours
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            msg = "the load did not begin"
            raise RuntimeError(msg)
        yield
        output, _ = process.communicate("")
    samples.extend(tuple(sample) for sample in json.loads(output))


@contextlib.contextmanager
def _held() -> Iterator[list[float]]:
    """How long the swap held its lock: commit and round trip included."""
    found: list[float] = []
    started: list[float] = []

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if SWAP in statement:
            started.append(time.monotonic())

    def after(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if SWAP in statement:
            whole = time.monotonic() - started[-1]
            asking = f"SELECT current_setting('{TIMING}')"
            text = connection.exec_driver_sql(asking).scalar()
            found.append(whole - float(text.split()[0]))

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)
