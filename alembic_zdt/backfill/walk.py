"""Change the rows of one slice batch by batch, in any order of the rows."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable

from alembic_zdt.backfill.batch_statements import Rows
from alembic_zdt.backfill.batches import Failure, Outcome, RowError, SliceBatches
from alembic_zdt.backfill.pace import Pace
from alembic_zdt.backfill.slices import Slice
from alembic_zdt.catalog import trigger as trigger_catalog
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import (
    LockNotAvailableError,
    RowFailedError,
    StatementTimeoutError,
    ZdtError,
)
from alembic_zdt.names import SYNC_CHECK, SYNC_TRIGGER
from alembic_zdt.settings import Settings, seconds
from alembic_zdt.steps import Diagnostics

log = logging.getLogger("alembic_zdt")

_FIRST_REST = 0.02
_LONGEST_REST = 0.5
# A machine that stalls must not be taken for a row that takes long.
_TRIES_WITH_ONE_ROW = 2
_MORE_TIME = 2.0

Rest = Callable[[], None]
"""Function that pauses until the next batch may be sent, or raises."""

Held = Callable[[], str]
"""Function that logs and returns which sessions hold the rows, empty if none."""


class Walk:
    """A walk through the rows of a slice, with retries.

    Args:
        batches: the batches of the slice.
        leased: the slice.
        database: a connection for queries.
        settings: the settings for locks, with ``lock_timeout`` and ``lock_deadline``.
        rest: a function that is called between batches.
        held: a function that is called when rows stay locked.
    """

    def __init__(
        self,
        batches: SliceBatches,
        leased: Slice,
        database: Database,
        settings: Settings,
        rest: Rest,
        held: Held,
    ) -> None:
        self._batches = batches
        self._leased = leased
        self._database = database
        self._settings = settings
        self._rest = rest
        self._held = held
        # The proof finds rows that were skipped.  In a later round few rows are left,
        # so the walk waits for their locks.
        self._may_skip = leased.round == 1 and batches.definition.verify
        self._blamed: int | None = None
        self._failing_since: float | None = None
        self._failures = 0
        self._too_long = 0
        self._limit_of_row = batches.limit
        self._said_slow = False

    def _send(
        self, rows: Rows, cursor: str | None, pace: Pace, size: int, where: str
    ) -> Outcome:
        """Send a batch of *size* rows, and return the outcome, which may be a failure.

        Args:
            rows: the part of the table whose rows are done.
            cursor: the place in the table that the slice has reached afterwards.
            pace: the pace, which learns from the batch.
            size: the number of rows.
            where: the last row, as a text for messages.
        """
        limit = self._limit_of_row if size == 1 else None
        outcome = self._batches.send(rows, cursor, limit)
        pace.saw(outcome.writers)
        if outcome.waiters:
            pace.made_wait(outcome.seconds)
        if outcome.failure is None:
            self._worked()
            if outcome.seconds < self._batches.limit / 2:
                self._limit_of_row = self._batches.limit
        elif outcome.failure is not Failure.TOO_LONG:
            self._failed(outcome)
        elif size > 1:
            pace.halve()
        else:
            self._take_longer(where)
        return outcome

    def _take_longer(self, where: str) -> None:
        """Give a row more time, because a batch of one row cannot be made smaller."""
        self._too_long += 1
        self._rest()
        if self._too_long < _TRIES_WITH_ONE_ROW:
            return
        longest = self._settings.statement_timeout.total_seconds() or math.inf
        if self._limit_of_row >= longest:
            raise self._takes_too_long(where)
        self._limit_of_row = min(_MORE_TIME * self._limit_of_row, longest)
        if not self._said_slow:
            self._said_slow = True
            log.warning(
                "%s: the row %s takes longer than the %.0f ms of a batch; the row gets "
                "more time, and sessions that write this row wait as long",
                self._leased.backfill,
                where,
                1000 * self._batches.limit,
            )

    def _failed(self, outcome: Outcome) -> None:
        """Pause briefly after a failure, and give up after the deadline."""
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        self._failures += 1
        held = self._held() if outcome.failure is Failure.LOCKED else ""
        limit = self._settings.lock_deadline
        if now - self._failing_since > limit.total_seconds():
            raise self._gave_up(outcome, held)
        longest = min(_LONGEST_REST, _FIRST_REST * 2**self._failures)
        self._database.sleep(random.uniform(0, longest))  # noqa: S311  # only jitter
        self._rest()

    def _worked(self) -> None:
        self._failing_since = None
        self._failures = 0
        self._too_long = 0

    def _row_failed(self, where: str, error: RowError, cause: str = "") -> ZdtError:
        """Build the error for a row that cannot be changed.

        Args:
            where: the row.
            error: the error of its batch.
            cause: the sentence about the cause, if it is not one row.
        """
        cause = cause or f"The cause is {where}."
        found = error.found
        detail = f" {found.detail.rstrip('.')}." if found.detail else ""
        remedy = self._remedy(found)
        return RowFailedError(
            f'cannot go on with backfill "{self._leased.backfill}": {found.message}',
            detail=f"{cause}{detail} Earlier batches are done.",
            hint=f"{remedy}; then run the same command again: the backfill goes on "
            "where it stopped.",
            sqlstate=found.sqlstate,
            row=where,
        )

    def _remedy(self, found: Diagnostics) -> str:
        """Return the hint for a row that cannot be changed."""
        definition = self._batches.definition
        columns = ", ".join(definition.values)
        if definition.directive == "backfill":
            return (
                "Correct that row, exclude it with where=, or change the expression "
                f'for "{columns}"'
            )
        if not definition.directive.startswith("migrate_"):
            return f"Correct that row, or the arguments of {definition.directive}()"
        if found.constraint.startswith(SYNC_CHECK):
            table = self._batches.store.name
            off = self._database.value(trigger_catalog.disabled(SYNC_TRIGGER, table))
            if off:
                return f"Run ALTER TABLE {table.sql} ENABLE ALWAYS TRIGGER {off}"
        if definition.directive == "migrate_alter_column_type":
            # The functions of using= were made by the expand.
            return (
                "Correct that row, or downgrade to the revision before the expand and"
                " give all three phases using= and reverse_using= that convert that "
                "row, too"
            )
        return "Correct that row"

    def _gave_up(self, outcome: Outcome, held: str) -> ZdtError:
        table = self._batches.store.name.label
        name = self._leased.backfill
        tried = f"No try has worked within {seconds(self._settings.lock_deadline)}"
        if outcome.failure is Failure.LOCKED:
            return LockNotAvailableError(
                f'cannot go on with backfill "{name}": rows of "{table}" stay locked',
                detail=f"{tried}: {Failure.LOCKED.value}. {held}".strip(),
                hint="End the transaction that holds the locks, then run the same "
                "command again: the backfill goes on where it stopped.",
                table=table,
            )
        return LockNotAvailableError(
            f'cannot go on with backfill "{name}": its batches conflict with other '
            f'transactions on "{table}"',
            detail=f"{tried}; each time PostgreSQL has ended the batch because of a "
            "deadlock or a serialization failure.",
            hint="Find the other transaction in the log of the server, then run the "
            "same command again: the backfill goes on where it stopped.",
            table=table,
        )

    def _takes_too_long(self, where: str) -> ZdtError:
        limit = seconds(self._settings.statement_timeout)
        return StatementTimeoutError(
            f'cannot go on with backfill "{self._leased.backfill}": one row takes '
            f"longer than {limit}",
            detail=f"The row {where} was alone in its batch. The limit is the setting "
            "statement_timeout. Earlier batches are done.",
            hint='Raise the limit for this run with "-x zdt.statement_timeout=0s", '
            "then run the same command again: the backfill goes on where it stopped.",
        )
