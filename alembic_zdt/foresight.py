"""Checks of a revision's later calls, and a report of its finished calls.

A contract cannot be reversed.  So the later calls of its revision are checked before
the first one is run.  Rows that contradict a change, objects that would be lost, or a
missing proof stop the revision.  If an earlier call may change the result, a call is
checked when it is run.

The calls are known if the function of the revision only calls operations; see
``backfill/plain_code.py``.
https://alembic.sqlalchemy.org/en/latest/api/operations.html
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.exc import DBAPIError

from alembic_zdt.alembic_compat import interception
from alembic_zdt.backfill.revision_calls import RevisionCalls
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.connection import driver_errors
from alembic_zdt.errors import (
    ConnectionLostError,
    DataError,
    DependentObjectsError,
    GateClosedError,
    MigratedMeanwhileError,
    StatementTimeoutError,
    UsageError,
    ZdtError,
)
from alembic_zdt.half_done import Progress, forget_refused
from alembic_zdt.names import SYNC_CHECK
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.refusals.window_kept import complete_hint
from alembic_zdt.phases import Phase, names_directive, phase_of_call
from alembic_zdt.printable import listed
from alembic_zdt.runner.online import Runner, connected
from alembic_zdt.runner.run_state import run_state
from alembic_zdt.script_progress import ScriptProgress
from alembic_zdt.steps import Precondition, Row

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

Calls = Sequence[ZdtOperation | None]

_MOST_LISTED = 3
_CALLS = "_zdt_calls"


def watch(context: MigrationContext, step: Any) -> None:
    """Check a revision before it runs, and add its id to the error if it fails.

    Args:
        context: the migration context of the run.
        step: Alembic's step, which is to be run next.
    """
    revision = getattr(step, "revision", None)
    if revision is None or not names_directive(revision):
        return
    if context.as_sql and not run_state(context).is_recorded:
        _watch_script(context, step)
    if context.as_sql or context.connection is None:
        return
    way = "upgrade" if step.is_upgrade else "downgrade"

    def around(run: Any) -> None:
        state = run_state(context)
        state.forget_done()
        calls = calls_of(context, revision, way)
        progress = Progress(context, step)
        state.is_done, state.before_drop = progress.is_done, progress.before_drop
        try:
            _refuse_unknown_options(context, revision, way)
            look_ahead(context, (calls or ())[progress.done_before :])
            run()
        except ZdtError as error:
            name_revision(error, context, str(revision.revision), calls)
            # A stock operation before the first directive may have changed something.
            if calls is not None and None not in calls[:1]:
                forget_refused(context, step)
            raise
        finally:
            state.is_done = state.before_drop = None

    interception.run_within(step, around)


def _watch_script(context: MigrationContext, step: Any) -> None:
    """Let the script of a revision note which of its directives have begun."""
    way = "upgrade" if step.is_upgrade else "downgrade"

    def around(run: Any) -> None:
        calls, state = calls_of(context, step.revision, way), run_state(context)
        if calls is None or None in calls:
            run()
            return
        given = [call.call for call in calls if call is not None]
        progress = ScriptProgress(context, step, given)
        state.place_of = progress.place_of
        try:
            run()
        finally:
            state.place_of = None
        progress.end()

    interception.run_within(step, around)


def read(context: MigrationContext, step: Any) -> None:
    """Read the calls of a revision, and keep them with the revision."""
    revision = getattr(step, "revision", None)
    if revision is not None and names_directive(revision):
        calls_of(context, revision, "upgrade" if step.is_upgrade else "downgrade")


def calls_of(context: MigrationContext, revision: Any, way: str) -> Calls | None:
    """Return the calls of ``upgrade()`` or ``downgrade()``, None if unknown."""
    found = _read_calls(context, revision, way)
    return None if isinstance(found, UsageError) else found


def _refuse_unknown_options(context: MigrationContext, revision: Any, way: str) -> None:
    """Refuse a revision before its first call if a later one has an unknown option.

    Raises:
        UsageError: a call of a directive has one.
    """
    found = _read_calls(context, revision, way)
    if isinstance(found, UsageError):
        raise found


def _read_calls(
    context: MigrationContext, revision: Any, way: str
) -> Calls | UsageError | None:
    environment: Any = context.environment_context
    if environment is None:
        return None
    kept: dict[str, Any] = vars(revision).setdefault(_CALLS, {})
    if way not in kept:
        known = RevisionCalls(environment.config, environment.script)
        try:
            kept[way] = known.of_function(revision, way)
        except UsageError as error:
            kept[way] = error
    return cast("Calls | UsageError | None", kept[way])


# ----------------------------------------------------------------------- looking ahead


def look_ahead(context: MigrationContext, calls: Calls) -> None:
    """Check the later calls of an irreversible revision before its first one.

    Raises:
        ZdtError: a call would be refused after others are done.
    """
    if len(calls) < 2 or not any(map(_is_final, calls)):
        return
    purpose = "look at what the revision needs"
    with connected(context, purpose) as runner, runner.own_timeouts():
        for number, call in enumerate(calls[1:], start=1):
            if call is None or calls[number - 1] is None:
                return  # an unknown call may change every answer
            _Foresight(runner, call, calls[:number]).look()


def _is_final(call: ZdtOperation | None) -> bool:
    return call is not None and phase_of_call(call.directive) is Phase.CONTRACT


class _Foresight:
    """Check whether a call would fail after the calls before it in the revision.

    Args:
        runner: the object that sends the queries.
        call: the call to check.
        earlier: the calls before it.
    """

    def __init__(self, runner: Runner, call: ZdtOperation, earlier: Calls) -> None:
        self._runner = runner
        self._call = call
        self._earlier = [other for other in earlier if other is not None]

    def look(self) -> None:
        """Raise the error with which the call would fail, if that is known already."""
        refusal = None
        try:
            refusal = next(self._refusals(), None)
        except (ConnectionLostError, StatementTimeoutError):
            raise
        except (ZdtError, DBAPIError) as error:
            if isinstance(error, DBAPIError) and driver_errors.ends_run(error):
                raise
            log.debug("could not check %s in advance", self._call.call, exc_info=error)
        if refusal is not None:
            raise refusal

    def _refusals(self) -> Iterator[ZdtError]:
        for precondition in self._preconditions():
            rows = self._runner.look(precondition)
            refusal = precondition.error(rows) if rows else None
            if refusal is not None and self._counts(precondition, refusal, rows):
                yield refusal

    def _preconditions(self) -> Iterator[Precondition]:
        database = self._runner.database
        server = survey(database, self._call.questions())
        yield from self._call.preconditions(server)
        for step in self._call.steps(server):
            if database.holds(step.skip_if.done):
                continue
            yield from step.preconditions
            if step.batches is not None:
                return  # the steps behind it see other rows

    def _counts(
        self, precondition: Precondition, refusal: ZdtError, rows: Sequence[Row]
    ) -> bool:
        is_about_rows = precondition.max_seconds is not None
        if is_about_rows or isinstance(refusal, DataError | GateClosedError):
            return not any(map(self._changes_rows, self._earlier))
        if isinstance(refusal, DependentObjectsError):
            return not all(
                self._goes_before(row) or self._window_ends_before(row) for row in rows
            )
        return False

    def _changes_rows(self, earlier: ZdtOperation) -> bool:
        """Check whether an earlier call writes rows of a table of the present call."""
        is_contract = earlier.directive.startswith("contract_")
        table = earlier.subject.rpartition(".")[2]
        return not is_contract and table in _words_of(self._call)

    def _goes_before(self, row: Row) -> bool:
        """Check whether an earlier call names a dependent object, which it may drop."""
        own = self._call.subject.rpartition(".")[2]
        if f"{SYNC_CHECK}_" in str(row[0]) and self._same_column_is_ended(own):
            return True
        for earlier in self._earlier:
            is_whole = earlier.directive == "contract_drop_table"
            names = _words_of(earlier) - (set() if is_whole else {own})
            if any(_stands_in(name, str(row[0])) for name in names):
                return True
        return False

    def _same_column_is_ended(self, table: str) -> bool:
        """Check whether an earlier contract ends a window of a column of this call."""
        return any(
            _is_final(earlier)
            and earlier.subject == self._call.subject
            and not (_words_of(earlier) & _words_of(self._call)) <= {table}
            for earlier in self._earlier
        )

    def _window_ends_before(self, row: Row) -> bool:
        """Check whether an earlier contract ends the window that a row describes."""
        columns = row[3] if len(row) > 3 else None  # see catalog.windows.dependents()
        if not isinstance(columns, list | tuple):
            return False
        return any(
            _is_final(earlier)
            and earlier.subject.rpartition(".")[2] == row[0]
            and not _words_of(earlier).isdisjoint(columns)
            for earlier in self._earlier
        )


def _words_of(call: ZdtOperation) -> set[str]:
    """Return the strings among the arguments of a call."""
    positional, named = call.arguments()
    return set(_texts([*positional, *named.values()]))


def _texts(values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple | set):
            yield from _texts(list(value))


def _stands_in(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


# --------------------------------------------------------------------------- its end


def name_revision(
    error: ZdtError, context: MigrationContext, revision: str, calls: Calls | None
) -> None:
    """Add the failed revision to *error*, with its finished and remaining calls."""
    if isinstance(error, MigratedMeanwhileError):  # by another process, to its end
        return
    complete_hint(error, context)
    state = run_state(context)
    done = list(state.done_calls)
    known = [call.call for call in calls or () if call is not None]
    left = known[len(done) :] if known[: len(done)] == done else []
    sentence = "; ".join(_words(done, state.done_steps, left))
    told = {
        "done": done,
        "left": left,
        "stopped_revision": f'"{revision}": {sentence}. {_AGAIN}',
    }
    error.fields = {"revision": revision, **error.fields, **told}
    error.args = (error.message,)


_AGAIN = "Run the same command again to continue."


def _words(
    done: Sequence[str], steps: Sequence[str], left: Sequence[str]
) -> Iterator[str]:
    if done:
        yield f"done and committed: {listed(done, _MOST_LISTED)}"
    if steps:
        yield f"steps done of the next call: {listed(steps, _MOST_LISTED)}"
    if not (done or steps):
        yield "nothing is done yet"
    if left:
        yield f"left: {listed(left, _MOST_LISTED)}"
