"""Run the steps of an operation against a live server.

The runner skips steps that are done, checks preconditions, and cleans up after a
failure.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.catalog.fingerprint import fingerprint
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.keepalives import kept_alive, server_settings
from alembic_zdt.errors import ZdtError
from alembic_zdt.estimates.estimate import Estimate
from alembic_zdt.names import literal
from alembic_zdt.runner import interruption
from alembic_zdt.runner.blockers import named
from alembic_zdt.runner.build_start import begun_in_time
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import explained
from alembic_zdt.runner.lock_acquisition import LockAcquisition
from alembic_zdt.runner.measuring import RUN, measured
from alembic_zdt.runner.partition_cost import counted, refuse_too_many
from alembic_zdt.runner.pooler import refuse_transaction_pooling
from alembic_zdt.runner.progress import shown
from alembic_zdt.runner.recipe import Recipe
from alembic_zdt.runner.refusals import (
    changes_all_the_time,
    refuse_read_only,
    refuse_unknown_driver,
)
from alembic_zdt.runner.run_state import RunState, note_directive, run_state
from alembic_zdt.runner.running_step import told
from alembic_zdt.runner.servers import check_connection, check_version
from alembic_zdt.runner.session_settings import (
    MAY_REST,
    READ_COMMITTED,
    long_timeouts,
    session_settings,
)
from alembic_zdt.runner.snapshots import wait_for_old_snapshots, wait_for_other_builds
from alembic_zdt.runner.step_events import CatalogChangedError, StepWatch, watched
from alembic_zdt.runner.step_log import log_step
from alembic_zdt.runner.step_timing import Timing
from alembic_zdt.runner.subject_lock import end_turn, refuse_if_overtaken, turn
from alembic_zdt.runner.transactions import CHANGED, autocommit
from alembic_zdt.settings import Settings, milliseconds
from alembic_zdt.steps import Precondition, Row, Step, Transaction

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

_MOST_ATTEMPTS = 20
_NOTHING: Callable[[], None] = lambda: None  # noqa: E731
_LEFT_FOR_LATER = "the next run repairs what is half-done"


def run_online(recipe: Recipe, context: MigrationContext) -> None:
    """Run *recipe* to its end, or raise an error; a second run is always possible."""
    with connected(context, recipe.purpose) as runner:
        key = runner.run(recipe)
    try:
        if context.connection is not None:
            transaction = not contexts.in_autocommit(context)
            end_turn(Database(context.connection), key, with_transaction=transaction)
    except DBAPIError as error:
        raise explained(error, recipe.purpose, settings_of(context)) from error
    run_state(context).end_call(str(getattr(recipe, "call", recipe.purpose)))


@contextmanager
def connected(context: MigrationContext, purpose: str) -> Iterator[Runner]:
    """Yield a runner of steps on the connection of a migration.

    Raises:
        ZdtError: no migration can run on this connection.
    """
    settings = settings_of(context)
    refuse_unknown_driver(context, purpose)
    check_connection(context)
    note_directive(context)
    interruption.listen(context.environment_context)
    try:
        with autocommit(context) as connection, kept_alive(connection):
            refuse_read_only(connection, run_state(context))
            refuse_transaction_pooling(connection, run_state(context))
            yield Runner(Database(connection), settings, context)
    except DBAPIError as error:  # for example in the commit of earlier statements
        raise explained(error, purpose, settings) from error


class Runner:
    """A runner of steps on one connection.

    Args:
        database: a connection in autocommit mode.
        settings: the settings: timeouts, patience, and what is shown.
        context: Alembic's migration context, None if there is no version table to read.
        source: the program that measures, ``run`` or ``calibrate``.

    Attributes:
        before_step: a function that raises if a statement must not begin. Without it a
            run ends if another process has migrated the database meanwhile.
        before_repair: a function that is called before a failed step is cleaned up.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        context: MigrationContext | None = None,
        source: str = RUN,
    ) -> None:
        self.database = database
        self.settings = settings
        self.context = context
        self._source = source
        self._ran: set[tuple[str, tuple[str, ...]]] | None = None
        self.before_step: Callable[[], None] | None = None
        self.before_repair = _NOTHING

    def run(self, recipe: Recipe) -> str:
        """Run every step of *recipe* that is not done already.

        Returns:
            The key of the turn, which this session still holds.
        """
        with self.own_timeouts(), turn(self.database, recipe, self.settings) as key:
            if self.context is not None and self.before_step is None:
                refuse_if_overtaken(self.context, recipe)
            for _ in range(_MOST_ATTEMPTS):
                if self._is_run(recipe):
                    self._state.step = ""
                    return key
                log.info("computing the steps again: the catalog has changed meanwhile")
        raise changes_all_the_time(recipe, _MOST_ATTEMPTS)

    def _is_run(self, recipe: Recipe) -> bool:
        """Run all steps, and return False if they must be computed again."""
        self._ran = set()
        steps = self._computed(recipe)
        refuse_too_many(steps, self.database, self.settings)
        try:
            for step in steps:
                self.run_step(step, recipe)
        except CatalogChangedError:
            return False
        finally:
            self._ran = None
        return True

    def _computed(self, recipe: Recipe) -> Sequence[Step]:
        """Check the preconditions, and compute the steps from the present catalog."""
        server = survey(self.database, recipe.questions())
        check_version(server, recipe)
        for precondition in recipe.preconditions(server):
            self.check(precondition)
        return counted(recipe.steps(server), server, self.database)

    def run_step(self, step: Step, recipe: Recipe) -> None:
        """Run one step, unless its skip condition holds."""
        self._state.step = step.purpose
        if step.waits_for_snapshots and step.locks:
            self._settle(step)
        if self._is_done(step):
            return
        for precondition in step.preconditions:
            self.check(precondition)
        if step.stands_on:
            step = self._fenced(step, recipe)
        with watched(step, self.settings) as watch:
            self._run_or_explain(step, recipe, watch)

    def _is_done(self, step: Step) -> bool:
        if not self.database.holds(step.skip_if.done):
            return False
        if step.skip_if.by_name and self._ran is not None:
            raise CatalogChangedError
        log.info("skipped: %s (%s)", step.purpose, step.skip_if.description)
        return True

    def _fenced(self, step: Step, recipe: Recipe) -> Step:
        """Compute the step again, to run only while the catalog stays as it is now.

        Changes since the first look may change the step, and may make an earlier step
        necessary.
        """
        now = fingerprint(step.stands_on)
        seen = str(self.database.value(f"SELECT {now}"))
        steps = self._computed(recipe)
        same = [n for n, each in enumerate(steps) if each.purpose == step.purpose]
        # Of steps with the same purpose, prefer the one with the same statements.
        same.sort(key=lambda n: steps[n].statements != step.statements)
        if not same:
            raise CatalogChangedError
        if self._ran is not None and any(map(self._is_left, steps[: same[0]])):
            raise CatalogChangedError
        return replace(steps[same[0]], unchanged=f"{now} = {literal(seen)}")

    def _is_left(self, step: Step) -> bool:
        was_run = (step.purpose, step.statements) in (self._ran or ())
        return not was_run and not self.database.holds(step.skip_if.done)

    def _run_or_explain(self, step: Step, recipe: Recipe, watch: StepWatch) -> None:
        try:
            timing = told(step, self._timed)
        except DBAPIError as error:
            if self._overtaken(error, step):
                log.info("skipped: %s (done by another process)", step.purpose)
                return
            left = self._clean_up(error, step, recipe)
            raise self._explained(error, step, left) from error
        except (KeyboardInterrupt, asyncio.CancelledError):
            log.warning("interrupted: could not %s; %s", step.purpose, _LEFT_FOR_LATER)
            raise
        self._state.queued += timing.queued
        if self._ran is not None:
            self._ran.add((step.purpose, step.statements))
        watch.end(timing)
        log_step(step, timing)

    @property
    def _state(self) -> RunState:
        return run_state(self.context)

    def _settle(self, step: Step) -> None:
        if not self.database.holds(step.skip_if.done):
            table = step.locks[0].name
            wait_for_other_builds(self.database, table, self.settings)

    def _timed(self, step: Step) -> Timing:
        given, ask = (self.database, step, self.settings), self.before_step or _NOTHING
        if step.transaction is Transaction.SHORT:
            ask()
            return LockAcquisition(*given, self._note_done).run()
        if step.waits_for_snapshots:
            wait_for_old_snapshots(self.database, step, self.settings)
        ask()
        started, self._state.has_begun = time.monotonic(), True
        with measured(*given, self.context, self._source) as expected:
            rows = self._run_long(step, expected)
        return Timing(queued=0.0, ran=time.monotonic() - started, rows=rows)

    def _run_long(self, step: Step, expected: Estimate | None) -> int | None:
        if step.batches is not None:
            rows = step.batches.run(self.database, self.settings, self.context)
            self._note_done(step)
            return rows
        given = (self.database, step, self.settings)
        timeouts = session_settings(self.database, long_timeouts(step, self.settings))
        with timeouts, begun_in_time(*given), shown(*given, expected):
            for statement in step.statements:
                self.database.execute(statement)
            self._note_done(step)
        return None

    def _note_done(self, step: Step) -> None:
        # At once, because the run may end before the next statement.
        self._state.done_steps.append(step.purpose)

    def check(self, precondition: Precondition) -> None:
        """Check a precondition, and raise its error if it fails."""
        if wrong := self.look(precondition):
            raise precondition.error(wrong)

    def look(self, precondition: Precondition) -> Sequence[Row]:
        """Return the rows that a precondition finds, or none after its time limit."""
        began, limit = time.monotonic(), precondition.max_seconds
        text = f"{round(limit * 1000)}ms" if limit else "0"
        with session_settings(self.database, (("statement_timeout", text),)):
            try:
                return self.database.rows(precondition.question, as_written=True)
            except DBAPIError as error:
                found = driver_errors.diagnostics(error)
                is_over = limit is not None and time.monotonic() - began >= limit
                if is_over and found.sqlstate == driver_errors.QUERY_CANCELED:
                    return ()
                is_about_rows = found.sqlstate.startswith(driver_errors.ABOUT_VALUES)
                if precondition.failed is None or not is_about_rows:
                    raise
                raise precondition.failed(found) from error

    def _explained(self, error: DBAPIError, step: Step, left: str) -> ZdtError:
        found = explained(error, step.purpose, self.settings, step.explain, left)
        return named(found, self.database, step, queries=self.settings.show_queries)

    def _overtaken(self, error: DBAPIError, step: Step) -> bool:
        """Check whether another session did the step, else check its preconditions."""
        state = driver_errors.diagnostics(error).sqlstate
        if driver_errors.is_disconnect(error):
            return False
        if state != CHANGED and state not in driver_errors.OVERTAKEN:
            return False
        if self.database.holds(step.skip_if.done):
            if step.skip_if.by_name and self._ran is not None:
                raise CatalogChangedError from error
            return True
        if state == CHANGED:
            raise CatalogChangedError from error
        for precondition in step.preconditions:
            if precondition.max_seconds is None:
                self.check(precondition)
        return False

    def _clean_up(self, error: DBAPIError, step: Step, recipe: Recipe) -> str:
        """Run the repairs of a failed step, and describe what is left unfinished."""
        if step.on_failure is None or driver_errors.is_disconnect(error):
            return ""
        found, self.before_step = driver_errors.diagnostics(error), None
        try:
            self.before_repair()
            server = survey(self.database, recipe.questions())
            repairs = step.on_failure(server, found)
            for repair in repairs:
                self.run_step(repair, recipe)
            self._state.done_steps.clear()  # the repairs have undone them
        except (ZdtError, DBAPIError) as second:
            log.warning("could not clean up after %s: %s", step.purpose, second)
            return f"Cleaning up failed too; {_LEFT_FOR_LATER}."
        return "Nothing half-done is left behind." if repairs else ""

    @contextmanager
    def own_timeouts(self) -> Iterator[None]:
        """Replace the role's timeouts while the body runs."""
        queue = milliseconds(self.settings.lock_deadline)
        wanted = (
            ("statement_timeout", "0"),
            ("lock_timeout", f"{queue}ms"),
            ("transaction_timeout", "0"),  # 17+; it would end the connection
            READ_COMMITTED,
            MAY_REST,
            *server_settings(),
        )
        with session_settings(self.database, wanted):
            yield
