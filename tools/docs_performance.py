"""Writes ``docs/performance.md`` from the runs in ``benchmarks/measured``."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tools.markdown import NOTICE, table

MEASURED = Path(__file__).resolve().parents[1] / "benchmarks" / "measured"
CHANGES = MappingProxyType(
    {
        "create-index": "build an index",
        "unique": "add a unique constraint",
        "foreign-key": "add a foreign key",
        "check": "add a CHECK",
        "not-null": "make a column NOT NULL",
        "drop-not-null": "allow NULL",
    }
)
BACKFILLS = MappingProxyType(
    {
        "one UPDATE": "one UPDATE",
        "ours": "`op.backfill()`",
        "key + marker": "batches by key, with a marker column",
    }
)
WRITES = ("INSERT", "UPDATE of another column", "UPDATE of the column", "COPY")
SCHEMES = MappingProxyType(
    {
        "no trigger": "no open change",
        "ours": "a rename of this package",
        "two triggers": "two triggers, as of a tool with two schemas",
    }
)

HEAD = """\
Figures of {dates} from one machine: {machine}.
Other machines and other runs differ, so repeat the runs that matter to you.
The raw results are in `benchmarks/measured`.

Each wait is counted from the moment at which a request was due.
So a request that waits behind a blocked one counts, too."""
STALLS = """\
## The longest wait of the application

A table of {rows:,} rows, under {rate} requests a second.
Without any change the longest wait was {floor:.0f} ms.

{quiet}

The same while a report reads the table for {seconds:.0f} s:

{reader}

`python benchmarks/stall.py --rows 1000000 --scenarios quiet,reader --reader-seconds 5 --control-seconds 2`

A safe change takes longer: it has more steps, and it waits until the report has ended."""  # noqa: E501  # a command
BACKFILL = """\
## A backfill

{rows:,} rows, two indexes, full pages, under {rate} requests a second.

{runs}

`python benchmarks/backfill.py --only two-indexes`

[Backfills](backfills.md#what-it-costs) has the same for other tables."""
DUAL = """\
## Writes while a rename is open

Rows a second, {rows:,} rows by one statement, medians of {repeat} runs.

{runs}

The contract held its lock for at most {held:.0f} ms.
Programs with both drivers sent {statements:,} statements meanwhile; {errors} failed.

`python benchmarks/dual_write.py --repeat 3`

[Renames](renames.md#what-it-costs) has more, with triggers of your own."""
GUARD = """\
## Stock revisions under the guard

`alembic upgrade head` over 300 stock revisions with 1,000 operations on an empty database took 1.22 times the processor time that it takes without the package.
A call of a revision took 0.6 ms more in the median, and 0.5 ms in the mean.
The machine was busy (2026-11-29). The program fails above 1.3 times, and above 2 ms a call.

It also upgrades 60 revisions with 240 operations on tables that stood before, one of them large.

`python benchmarks/guard_chain.py`"""  # noqa: E501  # sentences
REST = """\
## What else can be measured

| question | command |
| --- | --- |
| the strategies to wait for a lock | `python benchmarks/stall.py --only lock` |
| how long the transactions of an upgrade are idle | `python benchmarks/idle.py` |
| what the package adds to `alembic upgrade` and `alembic --help` | `python benchmarks/overhead.py` |
| what the lint and the guard cost | `python benchmarks/checks.py` |
| how long `fleet status` takes for thousands of schemas | `python benchmarks/fleet_status.py` |
| autogenerate over many tables, compared with Alembic alone | `python benchmarks/autogenerate_scale.py` |

Each program explains its options with `--help`."""  # noqa: E501  # a table


def page() -> str:
    """Return the page."""
    found = {name: _read(name) for name in ("stall", "backfill", "dual_write")}
    dates = sorted({each["date"] for each in found.values()})
    machine = found["stall"]["machine"].rpartition(";")[0]
    parts = (
        "# Performance",
        NOTICE,
        HEAD.format(dates=" and ".join(dates), machine=machine),
        _stalls(found["stall"]),
        _backfill(found["backfill"]),
        _dual_writes(found["dual_write"]),
        GUARD,
        REST,
    )
    return "\n\n".join(parts) + "\n"


def _read(name: str) -> dict[str, Any]:
    text = (MEASURED / f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _stalls(found: dict[str, Any]) -> str:
    options = found["options"]
    columns = ("change", "Alembic: wait", "took", "alembic-zdt: wait", "took")
    return STALLS.format(
        rows=options["rows"],
        rate=options["rate"],
        seconds=options["reader_seconds"],
        floor=max(each["max_ms"] for each in found["controls"]),
        quiet=table(columns, _stall_rows(found["runs"], "quiet")),
        reader=table(columns, _stall_rows(found["runs"], "reader")),
    )


def _stall_rows(runs: list[dict[str, Any]], scenario: str) -> Iterator[tuple[str, ...]]:
    for change, words in CHANGES.items():
        row = [words]
        for how in ("stock", "alembic_zdt"):
            (run,) = (
                each
                for each in runs
                if (each["change"], each["scenario"], each["how"])
                == (change, scenario, how)
            )
            row += [
                _duration(run["report"]["max_ms"]),
                _duration(1000 * run["seconds"]),
            ]
        yield tuple(row)


def _duration(milliseconds: float) -> str:
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.1f} s"


def _backfill(found: dict[str, Any]) -> str:
    columns = ("how", "longest wait", "rows a second", "growth of the table", "indexes")
    runs = {each["how"]: each for each in found["runs"]}
    rows = [
        (
            words,
            _duration(runs[how]["report"]["max_ms"]),
            f"{runs[how]['rows'] / runs[how]['seconds']:,.0f}",
            _growth(runs[how], "heap"),
            _growth(runs[how], "indexes"),
        )
        for how, words in BACKFILLS.items()
    ]
    options = found["options"]
    return BACKFILL.format(
        rows=options["rows"], rate=options["rate"], runs=table(columns, rows)
    )


def _growth(run: dict[str, Any], what: str) -> str:
    return f"{100 * (run['after'][what] / run['before'][what] - 1):.0f} %"


def _dual_writes(found: dict[str, Any]) -> str:
    rows = [
        (write, *(_rate(found["writes"], scheme, write) for scheme in SCHEMES))
        for write in WRITES
    ]
    swaps = found["swaps"]
    return DUAL.format(
        rows=found["options"]["rows"],
        repeat=found["options"]["repeat"],
        runs=table(("write", *SCHEMES.values()), rows),
        held=max(each["held_ms"] for each in swaps),
        statements=sum(each["statements"] for each in swaps),
        errors=sum(sum(each["errors"].values()) for each in swaps) or "none",
    )


def _rate(writes: list[dict[str, Any]], scheme: str, write: str) -> str:
    rates = [
        each["rows"] / each["seconds"]
        for each in writes
        if (each["scheme"], each["write"]) == (scheme, write)
    ]
    return f"{round(statistics.median(rates), -3):,.0f}"
