"""Events about steps: their begin and end, and their waits for other sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from alembic_zdt.catalog.activity import Holder
from alembic_zdt.events.event_kinds import (
    Blocked,
    Blocker,
    LockWaited,
    Outcome,
    StepFinished,
    StepStarted,
)
from alembic_zdt.events.subscribers import is_watched, send
from alembic_zdt.events.watched_run import current
from alembic_zdt.runner.step_timing import NO_TIME, Timing
from alembic_zdt.settings import Settings
from alembic_zdt.steps import Step

_NOTICED = 0.1
"""Seconds of waiting for a lock that are worth an event."""


class CatalogChangedError(Exception):
    """A change of the catalog since the steps were computed."""


@dataclass
class StepWatch:
    """The state of a step that is being run.

    Attributes:
        outcome: ``done`` when the step was run to its end.
        timing: its times and rows.
    """

    outcome: Outcome = "skipped"
    timing: Timing = NO_TIME

    def end(self, timing: Timing) -> None:
        """Note that the step is done, and its times."""
        self.outcome, self.timing = "done", timing


@contextmanager
def watched(step: Step, settings: Settings) -> Iterator[StepWatch]:
    """Send the events of a step that the body runs.

    Args:
        step: the step.
        settings: the settings, which say whether SQL may be shown.
    """
    run, watch = current(), StepWatch()
    outer, error = run.step, ""  # a failed step runs those that clean up
    run.step = step.purpose
    send(_started(step, settings))
    try:
        yield watch
        run.step = outer
    except CatalogChangedError:
        raise
    except BaseException as found:
        watch.outcome, error = "failed", type(found).__name__
        run.step = step.purpose  # which the failure of the run names
        raise
    finally:
        send(_finished(step, watch, error))


def _started(step: Step, settings: Settings) -> StepStarted:
    return StepStarted(
        step=step.purpose,
        table=_table_of(step),
        locks=tuple(str(lock) for lock in step.locks),
        sql=step.sql if settings.show_queries else "",
    )


def _finished(step: Step, watch: StepWatch, error: str) -> StepFinished:
    timing = watch.timing
    return StepFinished(
        step=step.purpose,
        table=_table_of(step),
        lock=_lock_of(step),
        outcome=watch.outcome,
        waited=timing.queued,
        seconds=timing.ran,
        tries=timing.tries,
        rows=timing.rows,
        error=error,
    )


def lock_waited(step: Step, waited: float, tries: int) -> None:
    """Send that the wait of a step for its locks is over, if it was long."""
    if waited < _NOTICED and tries == 1:
        return
    table, lock = _table_of(step), _lock_of(step)
    send(
        LockWaited(
            step=step.purpose, table=table, lock=lock, waited=waited, tries=tries
        )
    )


def blocked(
    step: Step, holders: Sequence[Holder], waited: float, settings: Settings
) -> None:
    """Send that a step waits for other sessions.

    Args:
        step: the step.
        holders: the sessions.
        waited: the seconds since the wait began.
        settings: the settings, which say whether queries may be shown.
    """
    blocked_at((step.purpose, _table_of(step)), holders, waited, settings)


def gave_up(
    step: Step,
    holders: Sequence[Holder],
    waited: float,
    settings: Settings,
) -> None:
    """Send that a step has waited in vain for other sessions.

    Args:
        step: the step.
        holders: the sessions that it could not outwait.
        waited: the seconds since the wait began.
        settings: the settings, which say whether queries may be shown.
    """
    place = (step.purpose, _table_of(step))
    blocked_at(place, holders, waited, settings, gave_up=True)


def blocked_at(
    place: tuple[str, str],
    holders: Sequence[Holder],
    waited: float,
    settings: Settings,
    *,
    gave_up: bool = False,
) -> None:
    """Send that a wait for other sessions goes on, outside of the run of a step.

    Args:
        place: what waits, and the table.
        holders: the sessions.
        waited: the seconds since the wait began.
        settings: the settings, which say whether queries may be shown.
        gave_up: whether the deadline has passed.
    """
    if not is_watched():
        return
    oldest_first = sorted(holders, key=lambda holder: -(holder.age or 0.0))
    queries = settings.show_queries
    found = tuple(_blocker(holder, queries=queries) for holder in oldest_first)
    step, table = place
    send(
        Blocked(step=step, table=table, waited=waited, blockers=found, gave_up=gave_up)
    )


def _blocker(holder: Holder, *, queries: bool) -> Blocker:
    return Blocker(
        pid=holder.pid,
        seconds=holder.age,
        state=holder.state,
        application=holder.application,
        role=holder.role,
        query=holder.query if queries else "",
    )


def _table_of(step: Step) -> str:
    """Return the table of the first lock on a table, else that of the work."""
    for lock in step.locks:
        if lock.kind == "table":
            return lock.name.label
    return step.work.table.label if step.work else ""


def _lock_of(step: Step) -> str:
    return step.strongest.value if step.strongest else ""
