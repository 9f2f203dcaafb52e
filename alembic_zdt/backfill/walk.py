"""Works off one slice, batch after batch, from where its cursor is."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from alembic_zdt.backfill.batches import Batches, Failure, Outcome, RowError
from alembic_zdt.backfill.pace import Pace
from alembic_zdt.backfill.room import Range, Room
from alembic_zdt.backfill.slices import Slice
from alembic_zdt.backfill.statements import Keys, Pages, Row, boundary
from alembic_zdt.catalog.database import Database
from alembic_zdt.catalog.storage import KeyColumn
from alembic_zdt.errors import (
    LockNotAvailableError,
    RowFailedError,
    StatementTimeoutError,
    ZdtError,
)
from alembic_zdt.settings import Settings, seconds

_FIRST_REST = 0.02
_LONGEST_REST = 0.5
_PATIENCE_WITH_ONE_ROW = 5

Rest = Callable[[], None]
"""Called between batches; returns when it is time for the next one, or raises."""


class Walk:
    """What both orders have in common: sending until it has worked.

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


class PageWalk(Walk):
    """Through the pages of a table, in the order in which they are stored."""

    def run(self, pace: Pace, room: Room, given_up: Callable[[], None]) -> None:
        """Go on from the cursor to the end of the slice.

        Args:
            pace: how many pages at once.
            room: how many rows of each page at once.
            given_up: called when few rows at once turned out not to help.
        """
        leased = self._leased
        page = leased.cursor["page"] if leased.cursor else leased.first_page
        while page < leased.last_page:
            self._rest()
            page, seen = self._range(page, pace, room)
            if room.learn(seen):
                given_up()

    def _range(self, page: int, pace: Pace, room: Room) -> tuple[int, Range]:
        """Change the rows of the next pages, in one pass or in several.

        Returns:
            The page behind them, and what was seen.
        """
        last = min(page + pace.size, self._leased.last_page)
        rows = Pages(page, last, room.rows_per_page)
        seen = Range()
        while True:
            outcome = self._try(rows, pace)
            if isinstance(outcome, Pages):
                rows = outcome
                continue
            seen.add(outcome, rows.last - rows.first)
            # A pass may have lost all its rows to others; a proof would find the rest.
            is_empty = not outcome.rows and self._batches.definition.verify
            if rows.rows_per_page is None or is_empty:
                pace.lasted(seen.seconds, rows.last - rows.first)
                return rows.last, seen
            rows = replace(rows, rows_per_page=seen.next_pass(rows.rows_per_page))
            self._rest()

    def _try(self, rows: Pages, pace: Pace) -> Outcome | Pages:
        """Send a batch: what it did, or what to try instead."""
        # As long as some of its rows are left, it would begin with this range again.
        done = rows.first if rows.rows_per_page else rows.last
        cursor = json.dumps({"page": done})
        try:
            outcome = self._batches.send(rows, cursor)
        except RowError as error:
            return self._without_offender(rows, pace, error)
        pace.saw(outcome.writers)
        if outcome.waiters:
            pace.halve()
        if outcome.failure is None:
            self._worked()
            return outcome
        if outcome.failure is Failure.TOO_LONG:
            return self._smaller(rows, pace, outcome)
        self._failed(outcome)
        skips = rows.skip_locked or (
            self._may_skip and outcome.failure is Failure.LOCKED
        )
        return replace(rows, skip_locked=skips)

    def _smaller(self, rows: Pages, pace: Pace, outcome: Outcome) -> Pages:
        if rows.last - rows.first > 1:
            pace.halve()
            return replace(rows, last=rows.first + min(pace.size, _half(rows)))
        self._failed(outcome)
        if self._failures > _PATIENCE_WITH_ONE_ROW and rows.rows_per_page == 1:
            raise self._too_long()
        return replace(rows, rows_per_page=1)

    def _without_offender(self, rows: Pages, pace: Pace, error: RowError) -> Pages:
        """Smaller batches until a page, then a row, is alone: that row is to blame."""
        if rows.last - rows.first > 1:
            pace.halve()
            return replace(rows, last=rows.first + _half(rows), rows_per_page=None)
        batches = self._batches
        page = f'page {rows.first} of "{batches.store.name.words}"'
        for ctid, words in batches.rows_of_page(rows.first):
            try:
                batches.send(Row(ctid), None)
            except RowError as alone:
                where = f"the row {words} on {page}"
                raise self._row_failed(where, alone) from alone
        if self._blamed == rows.first:  # a trigger of the statement, for example
            raise self._row_failed(f"no single row on {page}", error) from error
        self._blamed = rows.first
        return rows


def _half(rows: Pages) -> int:
    return max(1, (rows.last - rows.first) // 2)


def _as_json(columns: Sequence[KeyColumn], values: Sequence[str]) -> str:
    names = (column.name for column in columns)
    return json.dumps({"key": dict(zip(names, values, strict=True))})


class KeyWalk(Walk):
    """Through the rows of a table in the order of a unique key."""

    def run(self, pace: Pace, columns: tuple[KeyColumn, ...]) -> None:
        """Go on from the cursor to the end of the slice.

        Args:
            pace: how many rows at once.
            columns: of the key.
        """
        found = self._leased.cursor["key"] if self._leased.cursor else None
        after = found and [found[column.name] for column in columns]
        keys = Keys(columns, after, None)
        while True:
            self._rest()
            size = pace.size
            keys = replace(keys, upto=self._upto(keys, size))
            outcome = self._try(keys, pace)
            if isinstance(outcome, Keys):
                keys = outcome
                continue
            pace.lasted(outcome.seconds, size)
            if keys.upto is None:
                return
            keys = Keys(columns, keys.upto, None)

    def _upto(self, keys: Keys, rows: int) -> list[str] | None:
        """The key of the last of the next rows, None where the table ends before."""
        batches = self._batches
        asked = boundary(batches.definition, batches.store, keys, rows)
        found = self._database.rows(asked)
        return [str(value) for value in found[0]] if found else None

    def _try(self, keys: Keys, pace: Pace) -> Outcome | Keys:
        """Send a batch: what it did, or what to try instead."""
        cursor = None if keys.upto is None else _as_json(keys.columns, keys.upto)
        try:
            outcome = self._batches.send(keys, cursor)
        except RowError as error:
            if pace.halve():
                return keys
            raise self._row_failed(self._in_words(keys), error) from error
        pace.saw(outcome.writers)
        if outcome.waiters:
            pace.halve()
        if outcome.failure is None:
            self._worked()
            return outcome
        if outcome.failure is Failure.TOO_LONG and pace.halve():
            return keys
        self._failed(outcome)
        too_long = outcome.failure is Failure.TOO_LONG
        if too_long and self._failures > _PATIENCE_WITH_ONE_ROW:
            raise self._too_long()
        skips = keys.skip_locked or (
            self._may_skip and outcome.failure is Failure.LOCKED
        )
        return replace(keys, skip_locked=skips)

    def _in_words(self, keys: Keys) -> str:
        names = ", ".join(column.name for column in keys.columns)
        table = self._batches.store.name.words
        if keys.upto is None:
            return f'the last row by ({names}) of "{table}"'
        return f'the row ({names})=({", ".join(keys.upto)}) of "{table}"'
