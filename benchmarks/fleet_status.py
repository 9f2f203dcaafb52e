"""Measure how long ``alembic-zdt fleet status`` takes for thousands of schemas.

    python benchmarks/fleet_status.py                         # about two minutes
    python benchmarks/fleet_status.py --schemas 50,100

All schemas are in one database and at the head, as after each upgrade of a fleet.  The
time is that of the whole command, the memory the largest that its process has had.
More than 15 seconds, and an answer that is not "behind: none", end the program with
exit code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from benchmarks.project import Project  # noqa: E402
from examples.shop import server, tables  # noqa: E402
from examples.shop.proofs import NotDoneError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZES = "500,1000,2000,5000"
BOUND_SECONDS = 15.0
HEAD = "r0001"
_AT_ONCE = 100
_FLEET = """
[alembic_zdt.fleet]
targets_query = SELECT nspname AS name, nspname AS schema FROM pg_namespace
    WHERE nspname LIKE 'tenant%%' ORDER BY oid
url = {url}
"""
_MAKE = (
    "DO $$ BEGIN FOR i IN {first}..{last} LOOP"
    " EXECUTE format('CREATE SCHEMA tenant%s', i);"
    " EXECUTE format('CREATE TABLE tenant%s.alembic_version AS SELECT %L::text AS"
    f" version_num', i, '{HEAD}'); END LOOP; END $$"
)


@dataclass(frozen=True)
class Measured:
    """What one call of the command took.

    Attributes:
        schemas: how many schemas the fleet had.
        seconds: the time of the command.
        mebibytes: the most memory that it had.
    """

    schemas: int
    seconds: float
    mebibytes: float


def measure(url: str, sizes: Sequence[int]) -> list[Measured]:
    """Return what the command took for each number of schemas."""
    with Project(["pass"]) as project:
        settings = _FLEET.format(url=url.replace("%", "%%"))
        project.ini.write_text(project.ini.read_text() + settings)
        there, found = 0, []
        for size in sorted(sizes):
            # Each transaction locks what it makes.
            for first in range(there + 1, size + 1, _AT_ONCE):
                last = min(first + _AT_ONCE - 1, size)
                server.command(url, _MAKE.format(first=first, last=last))
            there = size
            found.append(_status(project, url, size))
    return found


def _status(project: Project, url: str, size: int) -> Measured:
    output = project.folder / "output"
    command = [sys.executable, "-m", "alembic_zdt", "fleet", "status", "--json"]
    began = time.monotonic()
    with output.open("w") as file:
        running = subprocess.Popen(
            command,
            cwd=project.folder,
            env=os.environ | {"ZDT_BENCH_URL": url, "PYTHONPATH": sys.path[0]},
            stdout=file,
        )
        _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    listed = json.loads(output.read_text())["targets"] if not running.returncode else []
    if [each["heads"] for each in listed] != [[HEAD]] * size:
        msg = f"fleet status: {len(listed)} targets instead of {size}, or other heads"
        raise NotDoneError(msg)
    return Measured(size, seconds, usage.ru_maxrss / 1024)


def show(found: Sequence[Measured]) -> None:
    """Print what was measured."""
    rows = [
        [
            f"{each.schemas:,}",
            f"{each.seconds:.1f}",
            f"{1000 * each.seconds / each.schemas:.2f}",
            f"{each.mebibytes:.0f}",
        ]
        for each in found
    ]
    columns = ("schemas", "seconds", "ms a schema", "MiB")
    tables.show(tables.Table("alembic-zdt fleet status, all at head", columns, rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--schemas",
        default=SIZES,
        metavar="N,N",
        help="measure these numbers of schemas (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    with server.own_database() as url:
        found = measure(url, [int(each) for each in options.schemas.split(",")])
    show(found)
    slow = [each for each in found if each.seconds > BOUND_SECONDS]
    for each in slow:
        print(f"FAILED: {each.schemas} schemas took {each.seconds:.1f} s")
    return bool(slow)


if __name__ == "__main__":
    sys.exit(main())
