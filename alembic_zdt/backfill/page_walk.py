"""Change the rows of a slice of a table's pages, in the order of storage."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from alembic_zdt.backfill.batch_statements import PageRows, Pages, Row
from alembic_zdt.backfill.batches import Failure, Outcome, RowError
from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.pace import Pace
from alembic_zdt.backfill.page_fill import PageFill, Range
from alembic_zdt.backfill.slices import Slice
from alembic_zdt.backfill.walk import Walk
from alembic_zdt.catalog import storage
from alembic_zdt.catalog.storage import Store
from alembic_zdt.connection.database import Database

_MOST_LINES = 1024
_MOST_PAGES = 1024
# Take whole pages again only where they are far from taking too long.
_SHARE_OF_A_SHORT_PAGE = 0.25


class PageTooLongError(Exception):
    """A single page takes longer than the time limit of a batch."""


@dataclass(frozen=True)
class Paces:
    """The numbers of pages in one batch.

    Attributes:
        openings: the pace of the first pass, which does the first rows of each page.
            Those rows move, so each index gets new entries, and fewer pages are done in
            the same time.
        ranges: the pace of the later passes, which do ranges of pages.
        whole: the pace when one pass does all rows of each page.
    """

    openings: Pace
    ranges: Pace
    whole: Pace

    def saw(self, writers: int | None) -> None:
        """Note the number of other sessions that change the table, None if unknown."""
        self.openings.saw(writers)
        self.ranges.saw(writers)
        self.whole.saw(writers)


def first_guess(
    database: Database, definition: Definition, store: Store, *, indexed: bool
) -> tuple[Paces, PageFill]:
    """Return the paces and the fill of pages with which a table begins.

    Args:
        database: a connection for queries.
        definition: the definition of the backfill.
        store: the table.
        indexed: whether an index contains a column that is set.
    """
    dense = storage.rows_per_page(database, store.oid)
    rows, target = definition.batch_rows, definition.batch_seconds
    pages = max(1, round(rows / dense)) if rows else 0
    paces = Paces(*(Pace(target, _MOST_PAGES, pages) for _ in fields(Paces)))
    return paces, PageFill(indexed=indexed, dense=dense)


class PageWalk(Walk):
    """A walk through the pages of a table, in the order of storage."""

    def run(self, paces: Paces, room: PageFill, given_up: Callable[[], None]) -> None:
        """Change the rows from the cursor to the end of the slice.

        Args:
            paces: how many pages to do at once.
            room: how many rows of each page to do at once.
            given_up: a function that is called if doing few rows of a page at once
                does not keep their new versions on the page.
        """
        leased = self._leased
        if leased.round > 1:  # the proof has found only scattered rows
            room = PageFill(indexed=True, dense=1)
        page, line = _place(leased)
        lines = self._pace_of_lines() if line else None
        while page < leased.last_page:
            self._rest()
            if lines is not None:
                is_short = self._line_by_line(page, line, lines)
                page, line = page + 1, 0
                lines = None if is_short else lines
                continue
            try:
                page, seen = self._range(page, paces, room)
            except PageTooLongError:
                lines = self._pace_of_lines()
                continue
            if room.learn(seen):
                given_up()

    def _pace_of_lines(self) -> Pace:
        definition = self._batches.definition
        return Pace(definition.batch_seconds, _MOST_LINES, definition.batch_rows)

    def _line_by_line(self, page: int, after: int, pace: Pace) -> bool:
        """Change the rows of a page whose values take long to compare.

        A batch of some rows of a page compares the finished rows of the page again.  In
        the order of its lines, each row is compared only once.

        Args:
            page: the page.
            after: the number of the last row that is done.
            pace: the number of rows to do at once.

        Returns:
            Whether all of the page took little time.
        """
        left = self._batches.lines_of_page(page, after)
        rows, spent = PageRows(page, after, after), 0.0
        while left:
            size = min(pace.size, len(left))
            is_last = size == len(left)
            rows = replace(rows, upto=left[size - 1])
            place = {"page": page + 1} if is_last else {"page": page, "line": rows.upto}
            where = f"(ctid)=(({page},{rows.upto}))"
            try:
                outcome = self._send(rows, json.dumps(place), pace, size, where)
            except RowError as error:
                self._without_offender(Pages(page, page + 1), pace, error)
                continue
            if outcome.failure is None:
                pace.lasted(outcome.seconds, size)
                spent += outcome.seconds
                left = left[size:]
                rows = PageRows(page, rows.upto, rows.upto)
                if left:
                    self._rest()
            elif outcome.failure is Failure.LOCKED:
                skips = rows.skip_locked or self._may_skip
                rows = replace(rows, skip_locked=skips)
        return spent < _SHARE_OF_A_SHORT_PAGE * self._batches.limit

    def _range(self, page: int, paces: Paces, room: PageFill) -> tuple[int, Range]:
        """Change the rows of the next pages, in one pass or in several.

        Returns:
            The page after them, and the statistics of the range.
        """
        pace = paces.whole if room.rows_per_page is None else paces.ranges
        last = min(page + pace.size, self._leased.last_page)
        rows = Pages(page, last, room.rows_per_page)
        seen = Range()
        while True:
            at_once = seen.pages_at_once(rows.rows_per_page, paces.openings.size)
            opens = seen.opens(rows.rows_per_page)
            outcome = self._pass(
                rows, paces, paces.openings if opens else pace, at_once
            )
            if isinstance(outcome, Pages):
                rows = outcome
                continue
            batches = 1 if at_once is None else -(-(rows.last - rows.first) // at_once)
            seen.add(outcome, rows.last - rows.first, batches=batches)
            # Other sessions may have locked all rows of a pass; a proof finds the rest.
            is_empty = not outcome.rows and self._batches.definition.verify
            if rows.rows_per_page is None or is_empty:
                if seen.seconds is not None:
                    pages = rows.last - rows.first
                    pace.lasted(seen.seconds, pages, 1 + seen.whole)
                return rows.last, seen
            rows = replace(rows, rows_per_page=seen.next_pass(rows.rows_per_page))
            self._rest()

    def _pass(
        self, rows: Pages, paces: Paces, pace: Pace, at_once: int | None
    ) -> Outcome | Pages:
        """Change some rows of each page, some pages at a time.

        Returns:
            The outcome, or what to try instead.
        """
        is_opening = pace is paces.openings
        size = at_once or rows.last - rows.first
        piece = replace(rows, last=min(rows.first + size, rows.last))
        total = Outcome()
        while True:
            found = self._try(piece, paces, pace, rows.first)
            if isinstance(found, Outcome):
                pages = piece.last - piece.first
                if is_opening and found.rows < pages:  # few rows are left there
                    size = max(size, min(2 * size, paces.ranges.size))
                elif is_opening:
                    pace.lasted(found.seconds, pages)
                    size = pace.size
                total += found
                if piece.last == rows.last:
                    return total
                self._rest()
                end = min(piece.last + size, rows.last)
                piece = replace(piece, first=piece.last, last=end)
            elif found.rows_per_page == rows.rows_per_page:
                piece = found
            else:
                return replace(found, first=rows.first)

    def _try(
        self, rows: Pages, paces: Paces, pace: Pace, begin: int
    ) -> Outcome | Pages:
        """Send a batch, and return its outcome or what to try instead."""
        # While some rows are left, a new worker has to begin with the whole range.
        cursor = json.dumps({"page": begin if rows.rows_per_page else rows.last})
        try:
            outcome = self._batches.send(rows, cursor)
        except RowError as error:
            return self._without_offender(rows, pace, error)
        paces.saw(outcome.writers)
        if outcome.waiters:
            pace.made_wait(outcome.seconds)
        if outcome.failure is None:
            self._worked()
            return outcome
        if outcome.failure is Failure.TOO_LONG:
            return self._smaller(rows, pace)
        self._failed(outcome)
        skips = rows.skip_locked or (
            self._may_skip and outcome.failure is Failure.LOCKED
        )
        return replace(rows, skip_locked=skips)

    def _smaller(self, rows: Pages, pace: Pace) -> Pages:
        if rows.last - rows.first == 1:
            raise PageTooLongError
        pace.halve()
        return replace(rows, last=rows.first + min(pace.size, _half(rows)))

    def _without_offender(self, rows: Pages, pace: Pace, error: RowError) -> Pages:
        """Make batches smaller until the row that fails is alone, and report it."""
        if rows.last - rows.first > 1:
            pace.halve()
            return replace(rows, last=rows.first + _half(rows), rows_per_page=None)
        batches = self._batches
        page = f'page {rows.first} of "{batches.store.name.label}"'
        for ctid, words in batches.rows_of_page(rows.first):
            try:
                batches.send(Row(ctid), None)
            except RowError as alone:
                where = f"the row {words} on {page}"
                raise self._row_failed(where, alone) from alone
        if self._blamed == rows.first:  # a trigger of the statement, for example
            where = f"no single row on {page}"
            cause = f"No row on {page} causes the error by itself."
            raise self._row_failed(where, error, cause) from error
        self._blamed = rows.first
        return rows


def _place(leased: Slice) -> tuple[int, int]:
    """Return the page and the row after which a slice continues.

    The cursor becomes SQL, and another role may have changed it, so it is checked.
    """
    cursor = leased.cursor if isinstance(leased.cursor, dict) else {}
    page, line = cursor.get("page", leased.first_page), cursor.get("line", 0)
    if isinstance(page, int) and isinstance(line, int):
        return int(page), int(line)
    return leased.first_page, 0


def _half(rows: Pages) -> int:
    return max(1, (rows.last - rows.first) // 2)
