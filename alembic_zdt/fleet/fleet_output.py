"""The output of the fleet's commands, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic_zdt.errors import UsageError
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.fleet.coordinator import FleetResult
from alembic_zdt.fleet.fleet_run import DONE, FAILED, RUNNING, WAITING, TargetRow
from alembic_zdt.fleet.fleet_status import FleetStatus, TargetStatus
from alembic_zdt.fleet.target_positions import TargetPosition
from alembic_zdt.printable import counted
from alembic_zdt.settings import duration


@dataclass(frozen=True)
class FleetOutput:
    """The output of a command.

    Attributes:
        as_json: the object for ``--json``.
        lines: the lines of text.
    """

    as_json: Mapping[str, Any]
    lines: Sequence[str]


def seconds_of(text: str, option: str) -> float:
    """Return the seconds of a duration such as ``10min``.

    Raises:
        UsageError: it is no duration.
    """
    try:
        return duration(text).total_seconds()
    except ValueError as error:
        raise UsageError(
            f'{option} cannot be "{text}"',
            detail=f"It must be {error}.",
            hint=f"Write for example {option} 10min.",
        ) from error


def plan(behind: Sequence[TargetPosition], at_goal: int) -> FleetOutput:
    """Return the targets that a run would upgrade."""
    entries = [
        {"name": e.target.name, "heads": [*e.heads], "error": e.error} for e in behind
    ]
    lines = [
        f"{e.target.name}  {e.error or ', '.join(e.heads) or 'no revision'}"
        for e in behind
    ]
    total = f"{counted(len(behind), 'target')} behind, {at_goal} not"
    return FleetOutput({"behind": entries, "at_goal": at_goal}, [*lines, total])


def line_of(target: TargetRow) -> str:
    """Return the line of a target that has ended."""
    first = target.error.partition("\n")[0]
    words = f": {first}" if first else ""
    return f"{target.status:<7} {target.name}  {target.seconds:.1f} s{words}"


def result(found: FleetResult) -> FleetOutput:
    """Return what an upgrade has done."""
    output = {
        "run": found.run,
        "at_goal": found.at_goal,
        "reason": found.reason,
        "targets": [row(each) for each in found.targets],
    }
    return FleetOutput(output, [*_result_lines(found)])


def _result_lines(found: FleetResult) -> Iterator[str]:
    done, failed = found.of(DONE), found.of(FAILED)
    left = found.of(WAITING, RUNNING)
    if found.reason:
        yield f"stopped: {found.reason}"
    yield (
        f"{len(done)} done, {len(failed)} failed, {len(left)} left, "
        f"{found.at_goal} not behind"
    )
    if done:
        slow = ", ".join(f"{each.name} {each.seconds:.1f} s" for each in found.slowest)
        yield f"slowest: {slow}"
    for each in failed:
        yield f"failed: {each.name}"
        yield from (f"  {line}" for line in each.error.splitlines())
    if failed:
        yield 'to try them again: add "--retry-failed" to the command'
    if left:
        yield "to go on: run the same command again"


def row(each: TargetRow) -> dict[str, Any]:
    """Return the JSON of a target of a run."""
    return {
        "name": each.name,
        "status": each.status,
        "canary": each.is_canary,
        "seconds": round(each.seconds, 3),
        "step": each.step,
        "error": each.error,
    }


def exit_code(found: FleetResult) -> ExitCode:
    """Return the exit code of an upgrade."""
    if found.of(WAITING, RUNNING):
        return ExitCode.BEHIND_CONTRACT
    if found.of(FAILED):
        return ExitCode.WARNING
    return ExitCode.BEHIND_CONTRACT if found.reason else ExitCode.OK


def status(found: FleetStatus) -> FleetOutput:
    """Return the status of a fleet."""
    run = found.run
    output = {
        "targets": [
            {
                "name": each.name,
                "heads": [*each.heads],
                "pending": [*each.pending],
                "error": each.error,
            }
            for each in found.targets
        ],
        "run": run.id if run else "",
        "status": run.status if run else "",
        "reason": run.reason if run else "",
        "open": [row(each) for each in found.open],
    }
    return FleetOutput(output, [*_status_lines(found)])


def _status_lines(found: FleetStatus) -> Iterator[str]:
    behind = [each for each in found.targets if each.pending or each.error]
    for each in behind:
        yield f"{each.name}  {_where(each)}"
    at_head = len(found.targets) - len(behind)
    yield f"{counted(len(behind), 'target')} behind, {at_head} not"
    if found.run:
        reason = f": {found.run.reason}" if found.run.reason else ""
        yield f"run {found.run.id} {found.run.status}{reason}"
    for target in found.open:
        is_running = target.status == RUNNING
        words = target.step if is_running else target.error.partition("\n")[0]
        yield f"  {target.status:<7} {target.name}  {words}".rstrip()


def _where(each: TargetStatus) -> str:
    if each.error:
        return each.error
    there = ", ".join(each.heads) or "no revision"
    return f"{there}, {len(each.pending)} pending"
