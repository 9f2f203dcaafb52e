"""What a backfill cost, and whether it is what was aimed at."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from benchmarks.backfill_cases import MARKER_WAY, OURS, UPDATE
from examples.shop import server, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from examples.shop.traffic import Report

SIZES = (
    "SELECT pg_relation_size('orders'), pg_indexes_size('orders'),"
    " pg_current_wal_insert_lsn() - '0/0'"
)
# Of our own changes the statistics arrive when their session has ended.
UPDATED = (
    "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'orders'"
)


@dataclass(frozen=True)
class Footprint:
    """What the table takes at one moment; bytes and rows."""

    heap: int
    indexes: int
    wal: int
    updated: int
    hot: int

    @classmethod
    def now(cls, url: str) -> Footprint:
        """Ask the server."""
        with server.connect(url) as connection:
            sizes = connection.execute(SIZES).fetchone() or (0, 0, 0)
            updated = connection.execute(UPDATED).fetchone() or (0, 0)
        return cls(*(int(value) for value in (*sizes, *updated)))


@dataclass(frozen=True)
class Run:
    """One backfill of one table."""

    case: str
    how: str
    rows: int
    seconds: float
    before: Footprint
    after: Footprint
    report: Report

    @property
    def rows_per_second(self) -> float:
        """The proof at the end included."""
        return self.rows / self.seconds

    @property
    def wal_per_row(self) -> float:
        """Bytes; the application's are in it."""
        return (self.after.wal - self.before.wal) / self.rows

    @property
    def heap_growth(self) -> float:
        """As a share of what it was."""
        return self.after.heap / self.before.heap - 1

    @property
    def index_growth(self) -> float:
        """As a share of what it was."""
        return self.after.indexes / self.before.indexes - 1

    @property
    def hot_share(self) -> float:
        """Of all updated rows, the application's included."""
        updated = self.after.updated - self.before.updated
        return (self.after.hot - self.before.hot) / max(1, updated)

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return asdict(self) | {"report": self.report.as_dict()}


FIGURES: dict[str, Callable[[Run], float]] = {
    "rows/s": lambda run: run.rows_per_second,
    "WAL B/row": lambda run: run.wal_per_row,
    "heap": lambda run: run.heap_growth,
    "indexes": lambda run: run.index_growth,
    "HOT": lambda run: run.hot_share,
    "max ms": lambda run: run.report.max_ms,
    "p99 ms": lambda run: run.report.p99_ms,
}
SHARES = {"heap", "indexes", "HOT"}


@dataclass(frozen=True)
class Goal:
    """What is aimed at for ours in some cases.

    Attributes:
        cases: their names.
        figure: which one.
        relative_to: the way whose figure divides ours, empty: none.
        least: ours is at least that.
        most: ours is at most that.
    """

    cases: tuple[str, ...]
    figure: str
    relative_to: str = ""
    least: float | None = None
    most: float | None = None


FULL = ("two-indexes", "six-indexes")
AS_FAST = ("primary-key", "room", "indexed", "snapshot")
EVERY = (*FULL, *AS_FAST)
GOALS = (
    Goal(("two-indexes",), "rows/s", UPDATE, least=1.8),
    Goal(("six-indexes",), "rows/s", UPDATE, least=2.5),
    Goal(FULL, "WAL B/row", UPDATE, most=0.6),
    Goal(FULL, "heap", most=0.2),
    Goal(FULL, "indexes", most=0.05),
    Goal(AS_FAST, "rows/s", UPDATE, least=0.85),
    Goal(("primary-key", "room"), "WAL B/row", UPDATE, most=1.0),
    Goal(("primary-key", "room"), "heap", UPDATE, most=1.0),
    Goal(EVERY, "rows/s", MARKER_WAY, least=3.0),
)
MOST_ABOVE_FLOOR_MS = 30


def show(runs: Sequence[Run], controls: Sequence[Report]) -> None:
    """Print the table of medians, then each goal and what came of it."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.case, run.how), []).append(run)
    medians = {
        key: {name: _median(group, name) for name in FIGURES}
        for key, group in groups.items()
    }
    rows = [
        [*key, *(_text(name, value) for name, value in figures.items())]
        for key, figures in medians.items()
    ]
    tables.show(tables.Table("Backfill", ("table", "how", *FIGURES), rows))
    floor = statistics.median(control.max_ms for control in controls)
    tables.say(
        f"control, no backfill: {len(controls)} windows, median max {floor:.1f} ms, "
        f"worst max {max(control.max_ms for control in controls):.1f} ms"
    )
    for line in _judged(medians, floor):
        tables.say(line)


def _median(group: Sequence[Run], name: str) -> float:
    return statistics.median(FIGURES[name](run) for run in group)


def _text(name: str, value: float) -> str:
    return f"{value:.0%}" if name in SHARES else f"{value:,.0f}"


def _judged(
    medians: dict[tuple[str, str], dict[str, float]], floor: float
) -> list[str]:
    lines = []
    for goal in GOALS:
        for case in goal.cases:
            found = _figure(medians, goal, case)
            if found is not None:
                lines.append(_line(goal, case, found))
    for (case, how), figures in medians.items():
        if how == OURS:
            above = figures["max ms"] - floor
            word = "met" if above <= MOST_ABOVE_FLOOR_MS else "MISSED"
            what = f"{case}: longest wait, above the noise floor"
            limit = f"at most {MOST_ABOVE_FLOOR_MS} ms"
            lines.append(f"{word:<7}{what}: {above:.0f} ms ({limit})")
    return lines


def _figure(
    medians: dict[tuple[str, str], dict[str, float]], goal: Goal, case: str
) -> float | None:
    """Return the figure for a goal, None where a way of it was not run."""
    mine = medians.get((case, OURS))
    if not goal.relative_to:
        return mine and mine[goal.figure]
    other = medians.get((case, goal.relative_to))
    if mine is None or other is None:
        return None
    return mine[goal.figure] / max(other[goal.figure], 1e-9)


def _line(goal: Goal, case: str, found: float) -> str:
    if goal.least is not None:
        is_met, limit = found >= goal.least, f"at least {goal.least:g}"
    else:
        is_met, limit = found <= (goal.most or 0), f"at most {goal.most:g}"
    against = f" / {goal.relative_to}" if goal.relative_to else ""
    word = "met" if is_met else "MISSED"
    return f"{word:<7}{case}: {goal.figure}{against}: {found:.2f} ({limit})"
