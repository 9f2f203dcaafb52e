"""``alembic-zdt plan``: what would run, with its locks, before anything runs.

The revisions are run as for ``--sql``, with every operation caught before it writes.
Where the database can be reached, it is asked which revisions are pending, how its
tables are partitioned, and which steps are done already.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt import compat
from alembic_zdt.catalog.database import Database
from alembic_zdt.catalog.survey import survey
from alembic_zdt.errors import UsageError
from alembic_zdt.facts import Server
from alembic_zdt.operations._base import ZdtOperation
from alembic_zdt.operations.stock import StockLocks, stock_locks
from alembic_zdt.runner.offline import NEVER_DONE, offline_server
from alembic_zdt.runner.transactions import autocommit
from alembic_zdt.settings import Settings
from alembic_zdt.steps import Guard, Step, Transaction


@dataclass(frozen=True)
class PlannedStep:
    """One step of the plan.

    Attributes:
        step: what runs and what it locks.
        known: whether its locks are known.
        done: whether it would be skipped, None when nobody was asked.
        caution: what could not be known without the server.
    """

    step: Step
    known: bool = True
    done: bool | None = None
    caution: str = ""


@dataclass
class PlannedOperation:
    """One call in a revision, and its steps."""

    call: str
    steps: list[PlannedStep]
    recipe: ZdtOperation | None = None


@dataclass
class PlannedRevision:
    """One revision, and its calls in order."""

    revision: str
    down_revision: str
    message: str
    operations: list[PlannedOperation] = field(default_factory=list)


@dataclass
class Plan:
    """All that would run.

    Attributes:
        revisions: in the order in which they run.
        asked: whether the database was asked.
        reason: why it was not, if it was meant to be.
    """

    revisions: list[PlannedRevision]
    asked: bool = False
    reason: str = ""


def make_plan(config: Config, revision_range: str | None) -> Plan:
    """The plan for *revision_range* (``from:to``), or for what is pending.

    Args:
        config: Alembic's.
        revision_range: ``from:to``; a single revision means from the base; None
            asks the database where it is, and takes all revisions if it cannot.

    Raises:
        CommandError: a revision does not exist.
    """
    script = ScriptDirectory.from_config(config)
    if revision_range is not None:
        start, colon, end = revision_range.partition(":")
        if not colon:
            start, end = "base", start
        return Plan(_recorded(config, script, start or "base", end or "heads"))
    heads: tuple[str, ...] = ()
    reason = ""
    try:
        heads = _online(config, script, lambda _context, found: found)
    except (SQLAlchemyError, OSError, ImportError) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    plan = Plan(_recorded(config, script, heads or "base", "heads"), reason=reason)
    if not reason:
        _online(config, script, lambda context, _found: _ask(plan, context))
    return plan


def _recorded(
    config: Config, script: ScriptDirectory, start: Any, end: str
) -> list[PlannedRevision]:
    """Run the revisions as for --sql, and keep their operations."""
    recorder = _Recorder()
    kept = config.output_buffer
    config.output_buffer = recorder.output

    def revisions(heads: Any, _context: Any) -> Iterator[Any]:
        for revision, step in compat.upgrade_steps(script, end, heads):
            recorder.begin(revision)
            yield step

    try:
        with (
            EnvironmentContext(
                config,
                script,
                fn=revisions,
                as_sql=True,
                starting_rev=start,
                destination_rev=end,
            ),
            compat.intercepted(recorder.operation),
        ):
            script.run_env()
    finally:
        config.output_buffer = kept
    return recorder.revisions


class _Recorder:
    """Keeps the operations of each revision, and what the stock ones write."""

    def __init__(self) -> None:
        self.output = io.StringIO()
        self.revisions: list[PlannedRevision] = []

    def begin(self, revision: Script) -> None:
        down = revision.down_revision or "base"
        self.revisions.append(
            PlannedRevision(
                revision.revision,
                down if isinstance(down, str) else ", ".join(down),
                revision.doc,
            )
        )

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        if isinstance(operation, ZdtOperation):
            steps = _offline_steps(operation)
            planned = PlannedOperation(operation.call, steps, operation)
            self.revisions[-1].operations.append(planned)
            return None
        begin = self.output.tell()
        result = go_on()
        written = self.output.getvalue()[begin:].strip()
        if written:
            self.revisions[-1].operations.append(_stock(operation, written))
        return result


def _offline_steps(operation: ZdtOperation) -> list[PlannedStep]:
    server = offline_server(Settings())
    return [PlannedStep(step) for step in operation.steps(server)]


def _stock(operation: Any, written: str) -> PlannedOperation:
    found = stock_locks(operation)
    locks = found or StockLocks()
    name = type(operation).__name__
    step = Step(
        purpose=f"Alembic's {name}",
        statements=tuple(_statements(written)),
        locks=locks.locks,
        guard=Guard(NEVER_DONE, "never"),
        transaction=Transaction.REVISION,
        scans=locks.scans,
    )
    planned = PlannedStep(step, known=found is not None, caution=locks.caution)
    return PlannedOperation(name, [planned])


def _statements(written: str) -> Iterator[str]:
    for block in written.split(";\n"):
        text = " ".join(block.split()).rstrip(";")
        if text:
            yield text


def _online(
    config: Config,
    script: ScriptDirectory,
    use: Callable[[Any, tuple[str, ...]], Any],
) -> Any:
    """Let *use* have the migration context of a live database; change nothing."""
    results: list[Any] = []

    def look(heads: Any, context: Any) -> Sequence[Any]:
        found = (heads,) if isinstance(heads, str) else tuple(heads)
        results.append(use(context, found))
        return []

    with EnvironmentContext(config, script, fn=look, dont_mutate=True):
        script.run_env()
    if not results:
        raise UsageError(
            "env.py ran no migrations",
            detail="It did not call context.run_migrations().",
            hint="Pass a range to plan without a database, for example base:head.",
        )
    return results[-1]


def _ask(plan: Plan, context: Any) -> None:
    """Compute the steps anew with the server's facts, and ask the guards."""
    plan.asked = True
    with autocommit(context) as connection:
        database = Database(connection)
        for revision in plan.revisions:
            for operation in revision.operations:
                if operation.recipe is not None:
                    server = survey(database, operation.recipe.questions())
                    operation.steps = list(_asked(operation.recipe, server, database))


def _asked(
    recipe: ZdtOperation, server: Server, database: Database
) -> Iterator[PlannedStep]:
    for step in recipe.steps(server):
        planned = PlannedStep(step)
        yield replace(planned, done=database.holds(step.guard.done))
