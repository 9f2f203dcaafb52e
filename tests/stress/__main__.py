"""Random releases, interrupted at random, under two versions of an application.

``make stress MINUTES=60`` draws rounds for an hour, ``make stress SEED=5 ROUNDS=1``
repeats the choices of one; how the processes interleave is left to the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import secrets
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.stress.judging import FaultError
from tests.stress.plans import MAJORS, plan_of
from tests.stress.rounds import Round
from tests.support.forking import Forker
from tests.support.server import SETTINGS
from tools.binaries import home_of
from tools.postgres import Cluster, Server

COMMANDS = ("alembic", "alembic_zdt")


class Servers(contextlib.ExitStack):
    """A server of each version, started when it is first needed."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[int, Server] = {}

    def __getitem__(self, major: int) -> Server:
        """Return the server of a version."""
        if major not in self._known:
            cluster = Cluster(home_of(major) / "bin", settings=SETTINGS, in_memory=True)
            self._known[major] = self.enter_context(cluster)
        return self._known[major]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run rounds; return 1 if one of them has found a fault."""
    parser = argparse.ArgumentParser(prog="make stress", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--pg", type=int, action="append")
    options = parser.parse_args(arguments)
    rounds = options.rounds or (0 if options.minutes else 10)
    end = time.monotonic() + 60 * options.minutes
    failed: list[int] = []
    with Servers() as servers, contextlib.ExitStack() as stack:
        forkers = {
            name: stack.enter_context(contextlib.closing(Forker(name)))
            for name in COMMANDS
        }
        seed = options.seed
        while seed < options.seed + rounds or time.monotonic() < end:
            if not _round(seed, options.pg or MAJORS, servers, forkers):
                failed.append(seed)
            seed += 1
    print(f"{seed - options.seed} rounds, {len(failed)} with faults: {failed or ''}")
    return int(bool(failed))


def _round(
    seed: int, majors: Sequence[int], servers: Servers, forkers: dict[str, Forker]
) -> bool:
    plan = plan_of(seed, majors)
    with tempfile.TemporaryDirectory() as folder:
        found = Round(plan, servers[plan.major], Path(folder), forkers)
        try:
            found.run()
        except Exception as error:  # noqa: BLE001  # the next seed is tried as well
            words = str(error) if isinstance(error, FaultError) else ""
            print(f"seed {seed}: FAULT: {plan}; {found}", flush=True)
            print(words or "".join(traceback.format_exception(error)))
            for line in found.commands.history if found.commands else ():
                print(f"    {line}")
            return False
    print(f"seed {seed}: right: {plan}; {found}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
