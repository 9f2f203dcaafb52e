"""The commands that a fleet runs on each target, and the line that sums each up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from alembic.config import Config

from alembic_zdt.backfill.journal import FINISHED
from alembic_zdt.commands import backfill_queue, doctor_output, plan_output
from alembic_zdt.commands.check import check
from alembic_zdt.commands.doctor import doctor
from alembic_zdt.commands.json_output import SCHEMA
from alembic_zdt.commands.plan import make_plan
from alembic_zdt.commands.wait import wait
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.findings import Finding, Severity
from alembic_zdt.printable import counted


@dataclass(frozen=True)
class TargetCommand:
    """A command with its options, which can be pickled.

    Attributes:
        name: the name of the command.
        options: its options.
        seconds: the time for all targets together, None for no limit.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None


@dataclass(frozen=True)
class TargetAnswer:
    """The result of a command on one target.

    Attributes:
        exit_code: the exit code that the command has for one database.
        summary: the result in one line.
        output: the object of the command's ``--json``, None if it has none.
        error: the error that ended it, empty if none has.
    """

    exit_code: ExitCode
    summary: str = ""
    output: Mapping[str, Any] | None = None
    error: str = ""


def answer(command: TargetCommand, config: Config, left: float | None) -> TargetAnswer:
    """Run a command on one target.

    Args:
        command: the command and its options.
        config: the configuration for the target.
        left: the seconds that are left for all targets, None for no limit.

    Raises:
        CommandError: the command failed.
    """
    found = _COMMANDS[command.name](config, command.options, left)
    if found.output is None:
        return found
    output = {"schema": SCHEMA, **found.output}
    return TargetAnswer(found.exit_code, found.summary, output, found.error)


Options = Mapping[str, Any]


def _plan(config: Config, options: Options, _left: float | None) -> TargetAnswer:
    made = make_plan(config, options["revision"], downgrade=options["downgrade"])
    if made.reason:
        return TargetAnswer(ExitCode.FAILED, error=made.reason)
    steps = [each for revision in made.revisions for each in revision.steps]
    revisions = {each.revision for each in made.revisions}
    blocked = {each.blocks for each in steps if each.stalling and not each.done}
    words = f"{counted(len(revisions), 'revision')}, {counted(len(steps), 'step')}"
    if blocked:
        words += f", blocks {min(blocked)}"  # "reads and writes" before "writes"
    return TargetAnswer(ExitCode.OK, words, plan_output.as_json(made))


def _check(config: Config, _options: Options, _left: float | None) -> TargetAnswer:
    found = check(config)
    nothing = "the database matches the models"
    words = _of_findings(found.findings) or nothing
    return TargetAnswer(found.exit_code, words, found.as_json())


def _doctor(config: Config, options: Options, _left: float | None) -> TargetAnswer:
    found = doctor(config, options["engine"])
    words = _of_findings(found.in_order()) or f"{len(found.checked)} checks"
    code = doctor_output.exit_code(found)
    return TargetAnswer(code, words, doctor_output.as_json(found))


def _wait(config: Config, options: Options, left: float | None) -> TargetAnswer:
    wait(config, f"{max(left or 0, 0):.1f}s", compatible=options["compatible"])
    return TargetAnswer(ExitCode.OK, "ready")


def _backfill_run(config: Config, options: Options, left: float | None) -> TargetAnswer:
    name = options["backfill"]
    if left is None or left > 0:
        backfill_queue.run(config, name, left, watch=False)
    states = backfill_queue.statuses(config, name)
    done = sum(each.status == FINISHED for each in states)
    output = {"backfills": [each.as_json() for each in states]}
    words = f"{done} of {counted(len(states), 'backfill')} finished"
    return TargetAnswer(ExitCode.OK, words if states else "no backfill", output)


def _of_findings(found: Iterable[Finding]) -> str:
    """Return how many findings there are, and the message of the worst one."""
    findings = list(found)
    if not findings:
        return ""
    counts = [(each, sum(f.severity is each for f in findings)) for each in Severity]
    words = ", ".join(counted(number, each.value) for each, number in counts if number)
    worst = next(f for each in Severity for f in findings if f.severity is each)
    return f"{words}: {' '.join(worst.message.split())}"


_COMMANDS: Mapping[str, Callable[[Config, Options, float | None], TargetAnswer]]
_COMMANDS = MappingProxyType(
    {
        "plan": _plan,
        "check": _check,
        "doctor": _doctor,
        "wait": _wait,
        "backfill run": _backfill_run,
    }
)
