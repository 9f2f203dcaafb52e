"""``alembic-zdt status``: pending revisions and unfinished work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.backfill import journal as states
from alembic_zdt.backfill.inline import place_of
from alembic_zdt.backfill.journal import Journal
from alembic_zdt.backfill.slices import Slices
from alembic_zdt.catalog.bridge import Bridge, bridges
from alembic_zdt.catalog.drift import invalid_indexes
from alembic_zdt.catalog.windows.open_windows import OpenWindow, open_windows
from alembic_zdt.catalog.windows.window_faults import window_faults
from alembic_zdt.commands.backfill_queue import State, state_of
from alembic_zdt.commands.contract import Unwritten, unwritten
from alembic_zdt.commands.edited import edited
from alembic_zdt.commands.held_back import HeldBack, PendingPhases
from alembic_zdt.commands.night_queue import QueueState, unfinished_calls
from alembic_zdt.connection.database import Database
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.findings import Finding, Severity
from alembic_zdt.half_done import HalfDone, half_done
from alembic_zdt.phases import Phase
from alembic_zdt.recording.environment import looking_at_each
from alembic_zdt.runner.configuration import settings_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True)
class Pending:
    """A revision that is not applied.

    Attributes:
        revision: its id.
        phase: its phase.
        message: the first line of its docstring.
        behind: the contract that must run before it, empty if there is none.
    """

    revision: str
    phase: Phase
    message: str
    behind: str = ""


@dataclass(frozen=True)
class Status:
    """The state of a database.

    Attributes:
        heads: the revisions of the database.
        pending: the revisions that would run, in order.
        windows: pairs of columns that a trigger keeps equal.
        views: views that show a table or a column under another name, too.
        backfills: the backfills that are not finished.
        queued: the queued calls that are not done.
        builds: indexes whose build was interrupted or has failed.
        edited: applied revisions whose file was edited later.
        unwritten: contracts that no revision has yet.
        faults: windows that do not keep their columns equal.
        half_done: revisions that have begun, but not ended.
        database: the name of the database.
    """

    heads: Sequence[str]
    pending: Sequence[Pending]
    windows: Sequence[OpenWindow]
    views: Sequence[Bridge]
    backfills: Sequence[State]
    builds: Sequence[Finding]
    edited: Sequence[str]
    unwritten: Sequence[Unwritten] = ()
    faults: Sequence[Finding] = ()
    half_done: Sequence[HalfDone] = ()
    database: str = ""
    queued: Sequence[QueueState] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code for the phase of the next pending revision."""
        if not self.pending:
            return ExitCode.OK
        return ExitCode[self.pending[0].phase.name]

    @property
    def findings(self) -> Sequence[Finding]:
        """Return the faults of the database and its revisions."""
        found = (
            *self.faults,
            *self.builds,
            *map(_edited, self.edited),
            *(contract.finding for contract in self.unwritten),
        )
        return [replace(each, database=self.database) for each in found]

    def as_json(self) -> dict[str, Any]:
        """Return the status for ``--json``."""
        return {
            "database": self.database or None,
            "heads": list(self.heads),
            "pending": [
                {
                    "revision": p.revision,
                    "phase": p.phase.value,
                    "message": p.message,
                    "behind": p.behind or None,
                }
                for p in self.pending
            ],
            "windows": [
                {
                    "table": window.table.label,
                    "columns": list(window.columns),
                    "proven": window.is_proven,
                }
                for window in self.windows
            ],
            "views": [
                {"view": b.view.label, "table": b.table.label, "meaning": b.meaning}
                for b in self.views
            ],
            "backfills": [state.as_json() for state in self.backfills],
            "queued": [state.as_json() for state in self.queued],
            "half_done": [
                {
                    "revision": found.revision,
                    "direction": found.direction,
                    "since": found.since.isoformat(),
                }
                for found in self.half_done
            ],
            "findings": [found.as_json() for found in self.findings],
        }

    def _pending_as_text(self) -> Iterator[str]:
        if not self.pending:
            yield "nothing is pending"
            return
        for pending in self.pending:
            phase = pending.phase.value
            behind = f", after contract {pending.behind}" if pending.behind else ""
            yield f"pending: {pending.revision} ({phase}) {pending.message}{behind}"
        first = self.pending[0].phase
        yield f"next, {first.when}: {first.command}"

    def as_text(self) -> Iterator[str]:
        """Yield the lines for a terminal."""
        yield f"at {', '.join(self.heads) or 'base'}"
        yield from self._pending_as_text()
        for window in self.windows:
            proven = (
                "every row is" if window.is_proven else "not every row is proven to be"
            )
            columns = " and ".join(f'"{column}"' for column in window.columns)
            yield f"window: {columns} of {window.table.label}, {proven} in sync"
        yield from self._what_is_wrong()
        for bridge in self.views:
            words = f"{bridge.view.label} shows {bridge.table.label}"
            yield f"view: {words}, {bridge.meaning}"
        for state in self.backfills:
            yield from (f"backfill: {line}" for line in state.as_text())
        for queued in self.queued:
            yield from (f"queue: {line}" for line in queued.as_text())
        for build in self.builds:
            yield f'build: index "{build.object}" is INVALID, interrupted or failed'
            yield "  run the interrupted upgrade again: it builds the index again"
        for contract in self.unwritten:
            yield from _told("contract not written", contract.finding)
        for revision in self.edited:
            yield f"edited: {revision} was changed after it was applied"

    def _what_is_wrong(self) -> Iterator[str]:
        for fault in self.faults:
            yield from _told("broken window", fault)
        for found in self.half_done:
            yield f"half done: {found.label}"


def lines_of(found: Sequence[Status]) -> Iterator[str]:
    """Yield the lines for a terminal, with a title for each of several databases."""
    for number, state in enumerate(found, start=1):
        title = f"database {number} of {len(found)}: " if len(found) > 1 else ""
        for line in state.as_text():
            yield f"{title}{line}"
            title = ""


def _told(what: str, found: Finding) -> Iterator[str]:
    yield f"{what}: {found.message}"
    yield f"  {found.suggestion}"


def _edited(revision: str) -> Finding:
    return Finding(
        Severity.ERROR,
        f"revision {revision} was changed after it was applied",
        "Undo the edit, and write a new revision.",
        "edited-revision",
        revision,
    )


def status(config: Config) -> Status:
    """Return the status of the first database with a pending revision, else the last.

    Raises:
        CommandError: env.py or Alembic failed.
    """
    found = statuses(config)
    return next((each for each in found if each.pending), found[-1])


def statuses(config: Config) -> list[Status]:
    """Return the status of each database of env.py, changing nothing.

    Raises:
        CommandError: env.py or Alembic failed.
    """
    script = ScriptDirectory.from_config(config)
    return looking_at_each(config, script, partial(status_of, script))


def status_of(
    script: ScriptDirectory, context: MigrationContext, heads: tuple[str, ...]
) -> Status:
    """Return the status of the database of a context.

    Args:
        script: the revisions.
        context: the context, whose connection only reads.
        heads: the revisions of the database.
    """
    if context.connection is None:
        raise RuntimeError(heads)
    database, settings = Database(context.connection), settings_of(context)
    place = place_of(settings, context)
    journal = Journal(database, place)
    unfinished = f"status NOT IN ('{states.FINISHED}', 'cancelled')"
    records = journal.records(unfinished) if journal.exists else []
    slices = Slices(database, place)
    return Status(
        heads,
        tuple(_pending(script, heads, context)),
        open_windows(database),
        bridges(database),
        [state_of(slices, record) for record in records],
        tuple(invalid_indexes(database)),
        edited(context, script, heads),
        unwritten(script),
        window_faults(database),
        half_done(context),
        str(context.connection.engine.url.database or ""),
        unfinished_calls(context, database),
    )


def _pending(
    script: ScriptDirectory, heads: tuple[str, ...], context: MigrationContext
) -> Iterator[Pending]:
    held = HeldBack(PendingPhases(context), Phase.MIGRATE)
    for step in contexts.steps_between(script, heads, "heads", downgrade=False):
        held.holds(step)
        revision: Any = getattr(step, "revision", None)
        if revision is None:
            continue
        name = revision.revision
        behind = {each.revision: contract for each, contract in held.behind}
        contract = behind[name].revision if name in behind else ""
        yield Pending(name, held.phases[name], revision.doc, contract)
