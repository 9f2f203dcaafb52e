"""The options of ``alembic-zdt fleet upgrade``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alembic_zdt.errors import UsageError
from alembic_zdt.fleet.fleet_run import FleetOptions


@dataclass(frozen=True)
class FleetRequest:
    """The options of one ``fleet upgrade``.

    Attributes:
        options: what is done with each target.
        parallel: the number of worker processes.
        canary: a number, a percentage or names of targets to upgrade first.
        soak: how long to wait after the canaries, in seconds.
        check: a command that must succeed after the canaries.
        only: patterns of the targets to upgrade; empty for all.
        skip: patterns of targets to leave out.
        retry_failed: whether targets that failed before are tried again.
        logs: the folder for the output of the workers, None to drop it.
    """

    options: FleetOptions = field(default_factory=FleetOptions)
    parallel: int = 4
    canary: str = ""
    soak: float = 0.0
    check: str = ""
    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    retry_failed: bool = False
    logs: Path | None = None

    def refuse_nothing(self) -> None:
        """Refuse numbers with which nothing would be done.

        Raises:
            UsageError: a number is less than 1.
        """
        for option, number in (
            ("--parallel", self.parallel),
            ("--per-server", self.options.per_server),
            ("--max-failures", self.options.max_failures),
        ):
            refuse_none(option, number)


def refuse_none(option: str, number: int) -> None:
    """Refuse a number with which nothing would be done.

    Raises:
        UsageError: the number is less than 1.
    """
    if number < 1:
        raise UsageError(
            f"{option} must be at least 1",
            detail=f"It is {number}.",
            hint="Write a number from 1 on.",
        )
