"""Measure what two names of a column cost, and what the end of a rename costs.

    python benchmarks/dual_write.py                     # everything, some 8 minutes
    python benchmarks/dual_write.py --rows 50000 --repeat 3 --skip swap

Writes of one session, of many rows each: INSERT, UPDATE of another column, the same
behind an INSERT in one transaction, UPDATE of the column itself, COPY.  Without a
trigger, with ours, and with two triggers and a marker column, as a tool does it whose
old and new programs see views of two schemas.  Then where the table has a BEFORE
trigger of its own: without ours, and with ours.
Then the contract of a rename while programs of both drivers use the new name.
A write that is not in every row, or a contract that is not in the catalog, ends the
program with exit code 1.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from benchmarks import dual_write_results as results  # noqa: E402
from benchmarks.dual_write_schemes import SCHEMES, WRITES, Bench  # noqa: E402
from benchmarks.dual_write_swap import swapped  # noqa: E402
from benchmarks.stall import names_of  # noqa: E402
from examples.shop import server, tables  # noqa: E402
from examples.shop.progress import progress  # noqa: E402
from examples.shop.proofs import NotDoneError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables and the goals, write the JSON.

    The exit code is 1 when a write or a contract was not done.
    """
    options = parse(arguments)
    try:
        measure(options)
    except NotDoneError as error:
        tables.say(f"FAILED: {error}")
        return 1
    return 0


def measure(options: argparse.Namespace) -> None:
    """Measure and print what was asked for."""
    with server.own_database(wal_segments=options.wal_segments) as url:
        os.environ["ZDT_DATABASE_URL"] = os.environ["ZDT_BENCH_URL"] = url
        machine = f"{server.machine(url)}; {options.rows:,} rows"
        tables.say(machine)
        runs = _writes(url, options) if "writes" not in options.skip else []
        swaps = _swaps(url, options) if "swap" not in options.skip else []
    results.show(runs, swaps)
    tables.say(f"Measured here: {machine}.")
    results.write_json(options, machine, runs, swaps)


def _writes(url: str, options: argparse.Namespace) -> list[results.Run]:
    """Change the order each time, so that what else the machine does hits all alike."""
    bench, schemes = Bench(url, options.rows), list(SCHEMES)
    orders = [
        (write, scheme)
        for turn in range(options.repeat)
        for write in WRITES
        for scheme in (schemes[-turn % len(schemes) :] + schemes)[: len(schemes)]
    ]
    runs = []
    with progress("measuring writes", len(orders)) as advance:
        for write, scheme in orders:
            runs.append(bench.measure(scheme, write))
            advance(1)
    return runs


def _swaps(url: str, options: argparse.Namespace) -> list[results.Swap]:
    swaps = []
    with progress("measuring contracts", options.repeat) as advance:
        for _ in range(options.repeat):
            swaps.append(swapped(url, options.rows, options.load))
            advance(1)
    return swaps


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=200_000, help="of the table")
    add("--repeat", type=int, default=7, help="runs of each; the table has medians")
    add("--load", type=int, default=4, help="programs of each driver, at the contract")
    skipped = names_of(["writes", "swap"])
    add("--skip", type=skipped, default=[], help="writes, swap")
    add("--wal-segments", type=int, default=80, help="to recycle, of a server of ours")
    add("--json", type=Path, metavar="FILE", help="default: standard output")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
