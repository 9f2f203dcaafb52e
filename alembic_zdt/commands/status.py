"""``alembic-zdt status``: pending revisions and unfinished work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.backfill import journal as states
from alembic_zdt.backfill.inline import place_of
from alembic_zdt.backfill.journal import Journal
from alembic_zdt.backfill.slices import Slices
from alembic_zdt.catalog.bridge import Bridge, bridges
from alembic_zdt.catalog.database import Database
from alembic_zdt.catalog.drift import Drift, invalid_indexes
from alembic_zdt.catalog.window_faults import WindowFault, window_faults
from alembic_zdt.catalog.windows import OpenWindow, open_windows
from alembic_zdt.commands.backfill import State, state_of
from alembic_zdt.commands.contract import Unwritten, unwritten
from alembic_zdt.commands.edited import edited
from alembic_zdt.commands.held_back import HeldBack, PendingPhases
from alembic_zdt.half_done import HalfDone, half_done
from alembic_zdt.phases import Phase
from alembic_zdt.recording.environment import looking_at_each
from alembic_zdt.runner.configuration import settings_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

EXIT_CODES = {Phase.EXPAND: 10, Phase.MIGRATE: 20, Phase.CONTRACT: 30}
"""Exit codes by the phase of the next pending revision; 0 if there is none."""


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
        builds: indexes whose build was interrupted or has failed.
        edited: applied revisions whose file was edited later.
        unwritten: contracts that no revision has yet.
        faults: windows that do not keep their columns equal.
        half_done: revisions that have begun, but not ended.
    """

    heads: Sequence[str]
    pending: Sequence[Pending]
    windows: Sequence[OpenWindow]
    views: Sequence[Bridge]
    backfills: Sequence[State]
    builds: Sequence[Drift]
    edited: Sequence[str]
    unwritten: Sequence[Unwritten] = ()
    faults: Sequence[WindowFault] = ()
    half_done: Sequence[HalfDone] = ()

    @property
    def exit_code(self) -> int:
        """Return the exit code for the next pending revision."""
        return EXIT_CODES[self.pending[0].phase] if self.pending else 0

    def as_json(self) -> dict[str, Any]:
        """Return the status for ``--json``."""
        return {
            "revisions": list(self.heads),
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
                    "table": window.table.words,
                    "columns": list(window.columns),
                    "proven": window.is_proven,
                }
                for window in self.windows
            ],
            "views": [
                {"view": b.view.words, "table": b.table.words, "meaning": b.meaning}
                for b in self.views
            ],
            "backfills": [state.as_json() for state in self.backfills],
            "interrupted_builds": [build.name for build in self.builds],
            "edited": list(self.edited),
            "unwritten": [asdict(contract) for contract in self.unwritten],
            "faults": [asdict(fault) for fault in self.faults],
            "half_done": [
                {
                    "revision": found.revision,
                    "direction": found.direction,
                    "since": found.since.isoformat(),
                }
                for found in self.half_done
            ],
        }

    def _pending_as_text(self) -> Iterator[str]:
        if not self.pending:
            yield "nothing is pending"
            return
        for pending in self.pending:
            phase = pending.phase.value
            behind = f", behind contract {pending.behind}" if pending.behind else ""
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
            yield f"window: {columns} of {window.table.words}, {proven} in step"
        yield from self._what_is_wrong()
        for bridge in self.views:
            words = f"{bridge.view.words} shows {bridge.table.words}"
            yield f"view: {words}, {bridge.meaning}"
        for state in self.backfills:
            yield from (f"backfill: {line}" for line in state.as_text())
        for build in self.builds:
            yield f'build: index "{build.name}" is INVALID, interrupted or failed'
            yield "  run the same command again: it builds the index anew"
        for contract in self.unwritten:
            yield f"contract not written: {contract.words}"
        for revision in self.edited:
            yield f"edited: {revision} was changed after it was applied"

    def _what_is_wrong(self) -> Iterator[str]:
        for fault in self.faults:
            yield f"broken window: {fault.words}; {fault.hint}"
        for found in self.half_done:
            yield f"half done: {found.words}"


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

    def look(context: MigrationContext, heads: tuple[str, ...]) -> Status:
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
        )

    return looking_at_each(config, script, look)


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
