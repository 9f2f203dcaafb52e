"""Live traffic for the demo and the benchmarks, with the waits of each request.

::

    with Traffic(url, orders=1_000_000, rate=300) as traffic:
        start = time.monotonic()
        ...                                  # a migration
        report = traffic.report(start, time.monotonic())
    print(report.max_ms, report.write_gap_ms)
"""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING

from examples.shop import load
from examples.shop.fill import users_for
from examples.shop.server import libpq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

SETTLE_TIMEOUT = 120.0
FEWEST_REQUESTS = 5
NOTICEABLE_MS = 100


class TrafficError(RuntimeError):
    """The load did not start, or the machine is too slow for it."""


@dataclass(frozen=True)
class Report:
    """What the application saw in one window of time; milliseconds."""

    requests: int
    max_ms: float
    p999_ms: float
    p99_ms: float
    p50_ms: float
    write_gap_ms: float
    over_100_ms: int
    errors: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return the figures rounded, for JSON."""
        rounded = {
            k: round(v, 2) if isinstance(v, float) else v
            for k, v in asdict(self).items()
        }
        return rounded | {"errors": self.errors}


@dataclass(frozen=True)
class Sample:
    """One finished request."""

    number: int
    due: float
    finished: float
    writes: bool
    sqlstate: str

    @property
    def milliseconds(self) -> float:
        """How long after its due time the request was finished."""
        return (self.finished - self.due) * 1000


class Traffic:
    """Requests at a fixed rate from a process of its own, until closed.

    Args:
        url: SQLAlchemy URL of the filled shop.
        orders: how many orders there are, so that keys exist.
        rate: requests per second.
        connections: the application's pool.
        hold_seconds: instead of requests, send transactions that read ``holds_table``
            and stay open for about this long; ``rate * hold_seconds`` are open at once.
        holds_table: the table they read.
    """

    def __init__(
        self,
        url: str,
        *,
        orders: int,
        rate: float = 500,
        connections: int = 40,
        hold_seconds: float = 0.0,
        holds_table: str = "orders",
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="zdt-traffic-")
        self._file = Path(self._folder.name) / "samples"
        self._settings = load.Settings(
            dsn=libpq(url),
            results=str(self._file),
            rate=rate,
            connections=connections,
            orders=orders,
            users=users_for(orders),
            hold_seconds=hold_seconds,
            holds_table=holds_table,
        )
        self._process: subprocess.Popen[str] | None = None
        self._start = 0.0
        self._read = 0
        self._samples: list[Sample] = []
        self._first_open = 0
        self._ahead: set[int] = set()

    def __enter__(self) -> Self:
        """Start the process; return when its clock runs."""
        self._file.touch()
        self._process = subprocess.Popen(
            [sys.executable, load.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._pipe("stdin").write(json.dumps(asdict(self._settings)) + "\n")
        self._pipe("stdin").flush()
        line = self._pipe("stdout").readline()
        if not line:
            msg = "the traffic could not start, see the traceback above"
            raise TrafficError(msg)
        self._start = float(line)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the process."""
        if self._process is not None:
            with contextlib.suppress(BrokenPipeError):
                self._pipe("stdin").close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._folder.cleanup()

    def watch(self, seconds: float) -> Report:
        """Return what the application sees in the next ``seconds``."""
        start = time.monotonic()
        time.sleep(seconds)
        return self.report(start, start + seconds)

    def report(self, start: float, end: float) -> Report:
        """Return what the application saw from ``start`` to ``end`` (monotonic clock).

        Counted are the requests due in the window and those due earlier that were
        still waiting when it began.  A window is at least ``FEWEST_REQUESTS`` long.
        Blocks until all of them are finished.
        """
        end = max(end, start + FEWEST_REQUESTS / self._settings.rate)
        return _summary(self.samples(start, end), _write_gap(self._samples, start, end))

    def samples(self, start: float, end: float) -> list[Sample]:
        """Return the requests that ``report()`` counts, in no special order."""
        self._settle(end)
        return [s for s in self._samples if s.due < end and s.finished > start]

    def _pipe(self, name: str) -> IO[str]:
        pipe: IO[str] = getattr(self._process, name)
        return pipe

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _settle(self, end: float) -> None:
        """Wait until every request due before ``end`` is finished and read."""
        expected = math.ceil((end - self._start) * self._settings.rate)
        deadline = time.monotonic() + SETTLE_TIMEOUT
        while self._finished_up_to() < expected:
            if time.monotonic() > deadline or not self._alive():
                msg = (
                    f"this machine cannot keep up with {self._settings.rate:g} "
                    "requests a second: some are still waiting"
                )
                raise TrafficError(msg)
            time.sleep(0.05)

    def _finished_up_to(self) -> int:
        """Return the number of the first request that is not finished."""
        self._read_samples()
        while self._first_open in self._ahead:
            self._ahead.remove(self._first_open)
            self._first_open += 1
        return self._first_open

    def _read_samples(self) -> None:
        with self._file.open("rb") as file:
            file.seek(self._read)
            raw = file.read()
        whole = len(raw) - len(raw) % load.RECORD.size
        self._read += whole
        for number, finished, writes, sqlstate in load.RECORD.iter_unpack(raw[:whole]):
            due = self._start + number / self._settings.rate
            self._ahead.add(number)
            self._samples.append(
                Sample(number, due, finished, writes, sqlstate.decode().strip())
            )


def _summary(samples: Sequence[Sample], write_gap_ms: float) -> Report:
    waits = sorted(sample.milliseconds for sample in samples)
    return Report(
        requests=len(waits),
        max_ms=percentile(waits, 1.0),
        p999_ms=percentile(waits, 0.999),
        p99_ms=percentile(waits, 0.99),
        p50_ms=percentile(waits, 0.5),
        write_gap_ms=write_gap_ms,
        over_100_ms=sum(1 for wait in waits if wait > NOTICEABLE_MS),
        errors=dict(Counter(s.sqlstate for s in samples if s.sqlstate)),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that ``share`` of the ordered values do not exceed."""
    if not ordered:
        return math.nan
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def _write_gap(samples: Sequence[Sample], start: float, end: float) -> float:
    """Return the longest time without a finished write that overlaps the window."""
    writes = sorted(s.finished for s in samples if s.writes and not s.sqlstate)
    pairs = pairwise(writes)
    return (
        max((b - a for a, b in pairs if b > start and a < end), default=math.nan) * 1000
    )
