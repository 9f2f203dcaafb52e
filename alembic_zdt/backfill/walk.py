"""Works off one slice, batch after batch: what all orders of rows have in common."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from alembic_zdt.backfill.batches import Batches, Outcome, RowError
from alembic_zdt.backfill.slices import Slice
from alembic_zdt.catalog.database import Database
from alembic_zdt.errors import (
    LockNotAvailableError,
    RowFailedError,
    StatementTimeoutError,
    ZdtError,
)
from alembic_zdt.settings import Settings, seconds

_FIRST_REST = 0.02
_LONGEST_REST = 0.5
PATIENCE_WITH_ONE_ROW = 5

Rest = Callable[[], None]
"""Called between batches; returns when it is time for the next one, or raises."""


class Walk:
    """Sending until it has worked.

    Args:
        batches: of the slice.
        leased: the slice.
        database: for questions.
        settings: how long to wait for locks.
        rest: called between batches.
    """

    def __init__(
        self,
        batches: Batches,
        leased: Slice,
        database: Database,
        settings: Settings,
        rest: Rest,
    ) -> None:
        self._batches = batches
        self._leased = leased
        self._database = database
        self._settings = settings
        self._rest = rest
        # The proof finds what was skipped.  In a later round there are few rows left,
        # so then we wait for their locks.
        self._may_skip = leased.round == 1 and batches.definition.verify
        self._blamed: int | None = None
        self._failing_since: float | None = None
        self._failures = 0

    def _failed(self, outcome: Outcome) -> None:
        """Rest a little after a failure; give up when it takes too long."""
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        self._failures += 1
        limit = self._settings.lock_deadline
        if now - self._failing_since > limit.total_seconds():
            raise self._gave_up(outcome)
        longest = min(_LONGEST_REST, _FIRST_REST * 2**self._failures)
        self._database.sleep(random.uniform(0, longest))  # noqa: S311  # only jitter
        self._rest()

    def _worked(self) -> None:
        self._failing_since = None
        self._failures = 0

    def _row_failed(self, where: str, error: RowError) -> ZdtError:
        """The error for a row that cannot be changed, whatever is tried."""
        found = error.found
        detail = f" {found.detail.rstrip('.')}." if found.detail else ""
        columns = ", ".join(self._batches.definition.values)
        return RowFailedError(
            f'cannot go on with backfill "{self._leased.backfill}": {found.message}',
            detail=f"It is {where}.{detail} The rows before it are done.",
            hint=f"Correct that row, exclude it with where=, or change the expression "
            f'for "{columns}"; then run the same command again: it goes on where it '
            "stopped.",
            sqlstate=found.sqlstate,
            row=where,
        )

    def _gave_up(self, outcome: Outcome) -> ZdtError:
        table = self._batches.store.name.words
        why = outcome.failure.value if outcome.failure else ""
        return LockNotAvailableError(
            f'cannot go on with backfill "{self._leased.backfill}": rows of '
            f'"{table}" stay locked',
            detail=f"For {seconds(self._settings.lock_deadline)} no try has worked: "
            f"{why}.",
            hint="End the transaction that holds them, then run the same command "
            "again: it goes on where it stopped.",
            table=table,
        )

    def _too_long(self) -> ZdtError:
        name = self._leased.backfill
        return StatementTimeoutError(
            f'cannot go on with backfill "{name}": one row takes longer than a batch '
            "may",
            detail="The smallest batch did not end in time. What it locks, the "
            "application waits for.",
            hint="Make the expression or the triggers faster, or allow more time with "
            "target_batch_time=; then run the same command again: it goes on where it "
            "stopped.",
        )
