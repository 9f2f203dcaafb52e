"""A backfill as a step of a revision: run to its end there, or put into the queue."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_zdt.alembic_compat import runs
from alembic_zdt.backfill import journal as states
from alembic_zdt.backfill import proof, slice_plan
from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.journal import Journal, Place, Record
from alembic_zdt.backfill.script import queueing, script
from alembic_zdt.backfill.slices import Slices
from alembic_zdt.backfill.triggers import begin, resolved
from alembic_zdt.backfill.worker import Worker
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import BackfillUnfinishedError
from alembic_zdt.events.subscribers import is_watched
from alembic_zdt.names import QualifiedName
from alembic_zdt.runner.progress import shown_as
from alembic_zdt.runner.run_state import run_state
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")


def place_of(settings: Settings, context: MigrationContext | None = None) -> Place:
    """Return the names of the tables of a project's journal."""
    schema = settings.backfill_schema or None
    version_table = None
    if context is not None:
        version_table = QualifiedName(
            context.version_table, context.version_table_schema
        )
    return Place(QualifiedName(settings.backfill_table, schema), version_table)


@dataclass(frozen=True)
class Backfilling:
    """The backfill of a step of a revision, run inline or queued.

    Attributes:
        name: the name of the backfill.
        definition: the definition of the backfill.
        background: only queue it for ``alembic-zdt backfill run``.
    """

    name: str
    definition: Definition
    background: bool = False

    def run(
        self,
        database: Database,
        settings: Settings,
        context: MigrationContext | None,
    ) -> int | None:
        """Begin or resume the backfill, and run it to its end.

        Returns:
            How many rows were changed meanwhile, None if no event tells it.

        Raises:
            ZdtError: it cannot be finished; what is done stays done.
        """
        if self.definition != (chosen := resolved(self.definition, settings)):
            return replace(self, definition=chosen).run(database, settings, context)
        run_state(context).backfills.add(self.name)
        journal = Journal(database, place_of(settings, context))
        # EXPLAIN of the expressions takes locks, for which it may have to wait.
        with shown_as(database, f'begin backfill "{self.name}"', settings):
            found = slice_plan.stores(database, self.definition)
            slice_plan.check(database, self.definition, found)
            journal.create()
            record = self._begin(journal, context)
        if record is None:
            log.info("skipped: backfill %s (finished before)", self.name)
        elif self.background:
            log.info("queued: backfill %s (alembic-zdt backfill run)", self.name)
        else:
            return self._work(journal, record, settings)
        return None

    def _work(self, journal: Journal, record: Record, settings: Settings) -> int | None:
        database = journal.database
        begin(database, self.name, self.definition)
        slices = Slices(database, journal.place)
        before = slices.rows_done(self.name) if is_watched() else None
        Worker(database, journal.place, record, settings).run()
        self._see_it_finished(journal)
        return None if before is None else slices.rows_done(self.name) - before

    def has_begun(
        self, database: Database, settings: Settings, context: MigrationContext | None
    ) -> bool:
        """Check whether an earlier run has begun the backfill."""
        journal = Journal(database, place_of(settings, context))
        return journal.exists and journal.find(self.name) is not None

    def script(self, settings: Settings, done: str = "") -> str:
        """Return the statements for a ``--sql`` script, outside of any transaction."""
        place, definition = place_of(settings), resolved(self.definition, settings)
        if self.background:
            return queueing(self.name, definition, place)
        self._say_unasked(settings)
        return script(self.name, definition, place, settings, done)

    def _say_unasked(self, settings: Settings) -> None:
        """Warn of limits that a script does not look at."""
        limits = self.definition.limits.or_else(settings)
        if limits.unasked_by_scripts:
            names = ", ".join(limits.unasked_by_scripts)
            log.warning("the script of backfill %s does not obey %s", self.name, names)

    def _begin(
        self, journal: Journal, context: MigrationContext | None
    ) -> Record | None:
        """Begin or resume the backfill and return it, None if it is finished."""
        revision = runs.running_revision(context) if context else None
        status = states.QUEUED if self.background else states.RUNNING
        fingerprint = slice_plan.fingerprint(journal.database, self.definition)
        known = journal.find(self.name)
        if known is None or not self._goes_on(journal, known, fingerprint):
            journal.begin(self.name, revision, self.definition, fingerprint, status)
        elif known.status == states.FINISHED:
            return None
        else:
            journal.set_pace(self.name, self.definition)
            if not self.background and known.status != states.PAUSED:
                journal.set_status(self.name, states.RUNNING)
            elif self.background and known.status == states.FAILED:
                journal.set_status(self.name, states.QUEUED)
        found = journal.find(self.name)
        # Run this call, not the definition in the journal.
        return found and replace(found, definition=self.definition)

    def _goes_on(self, journal: Journal, known: Record, fingerprint: str) -> bool:
        """Check whether the journal has this backfill, not an older one of its name."""
        if known.fingerprint != fingerprint:
            log.info(
                "the definition of backfill %s has changed; starting again", self.name
            )
            return False
        if known.status != states.FINISHED:
            return known.status != states.CANCELLED
        database = journal.database
        stores = slice_plan.stores(database, self.definition)
        return not proof.any_left(database, self.definition, stores)

    def _see_it_finished(self, journal: Journal) -> None:
        status = journal.status(self.name)
        if status == states.FINISHED:
            return
        record = journal.find(self.name)
        raise BackfillUnfinishedError(
            f'backfill "{self.name}" is not finished: {status}',
            detail=(record and record.error) or "Another process has ended it.",
            hint="Run the same command again: the backfill goes on where it stopped.",
            name=self.name,
        )
