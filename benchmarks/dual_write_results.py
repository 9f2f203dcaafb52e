"""What dual writes cost, and whether it is what was aimed at."""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from examples.shop import tables

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

LEAST_OF_REPLICA = 2.0
MOST_MS_HELD = 10.0


@dataclass(frozen=True)
class Run:
    """One statement that wrote many rows."""

    scheme: str
    write: str
    rows: int
    seconds: float

    @property
    def rows_per_second(self) -> float:
        """Its commit included."""
        return self.rows / self.seconds


@dataclass(frozen=True)
class Swap:
    """One contract while programs were using the table.

    Attributes:
        held_ms: how long ACCESS EXCLUSIVE was held, by the server's clock.
        longest_ms: the longest statement of the programs meanwhile.
        longest_before_ms: the longest in a window of the same length before.
        statements: how many they sent.
        errors: what they were told, and how often.
    """

    held_ms: float
    longest_ms: float
    longest_before_ms: float
    statements: int
    errors: dict[str, int]


def show(runs: Sequence[Run], swaps: Sequence[Swap]) -> None:
    """Print the tables, and each goal with what was measured."""
    for title, has_own in (
        ("Rows a second, medians", False),
        ("Rows a second, medians, where the table has a trigger of its own", True),
    ):
        shown = [run for run in runs if run.scheme.startswith("own") == has_own]
        if shown:
            _show_writes(title, shown)
    if swaps:
        _show_swaps(swaps)


def _show_writes(title: str, runs: Sequence[Run]) -> None:
    schemes = list(dict.fromkeys(run.scheme for run in runs))  # the first turn's
    writes = list(dict.fromkeys(run.write for run in runs))
    none, ours, *replicas = schemes
    columns = ("write", *schemes, "us more a row", *(f"/ {r}" for r in replicas))
    rows = []
    for write in writes:
        rates = {scheme: median(runs, scheme, write) for scheme in schemes}
        more = 1e6 / rates[ours] - 1e6 / rates[none]
        factors = (rates[ours] / rates[replica] for replica in replicas)
        shown = (f"{rate / 1000:,.0f} k" for rate in rates.values())
        rows.append([write, *shown, f"{more:+.2f}", *(f"{f:.2f}" for f in factors)])
    tables.show(tables.Table(title, columns, rows))
    for write in writes:
        for replica in replicas:
            factor = median(runs, ours, write) / median(runs, replica, write)
            reached = "reached" if factor >= LEAST_OF_REPLICA else "MISSED"
            goal = f"goal at least {LEAST_OF_REPLICA:g}: {reached}"
            tables.say(f"{write}: {factor:.2f} of {replica}; {goal}")


def median(runs: Sequence[Run], scheme: str, write: str) -> float:
    """Rows a second."""
    return statistics.median(
        run.rows_per_second
        for run in runs
        if (run.scheme, run.write) == (scheme, write)
    )


def _show_swaps(swaps: Sequence[Swap]) -> None:
    columns = ("contract", "held ms", "longest ms", "before", "statements", "errors")
    rows = [
        [
            str(number),
            f"{swap.held_ms:.1f}",
            f"{swap.longest_ms:.1f}",
            f"{swap.longest_before_ms:.1f}",
            f"{swap.statements:,}",
            ", ".join(f"{n} x {e}" for e, n in swap.errors.items()) or "0",
        ]
        for number, swap in enumerate(swaps, start=1)
    ]
    tables.show(
        tables.Table("Contract of a rename under load of both drivers", columns, rows)
    )
    longest = max(swap.held_ms for swap in swaps)
    errors = sum(sum(swap.errors.values()) for swap in swaps)
    reached = "reached" if longest <= MOST_MS_HELD and not errors else "MISSED"
    tables.say(
        f"lock held at most {longest:.1f} ms, {errors} errors; goal "
        f"{MOST_MS_HELD:g} ms, 0 errors: {reached}"
    )


def write_json(
    options: argparse.Namespace,
    machine: str,
    runs: Sequence[Run],
    swaps: Sequence[Swap],
) -> None:
    """Write every single run to the file of ``--json``, or to standard output."""
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine,
        "options": vars(options) | {"json": str(options.json)},
        "writes": [asdict(run) for run in runs],
        "swaps": [asdict(swap) for swap in swaps],
    }
    text = json.dumps(document, indent=1) + "\n"
    if options.json:
        options.json.write_text(text)
    else:
        sys.stdout.write(text)
