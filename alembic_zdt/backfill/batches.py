"""Send batches to the server, and return the outcome of each."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from enum import Enum

from sqlalchemy.exc import DBAPIError

from alembic_zdt.backfill.batch_session import Session
from alembic_zdt.backfill.batch_statements import (
    LEASE_LOST,
    OUTCOME,
    STILL_PENDING,
    Batch,
    Rows,
    row_in_words,
    transaction,
)
from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.slices import Slice, Slices
from alembic_zdt.catalog.storage import KeyColumn, Store
from alembic_zdt.connection import driver_errors
from alembic_zdt.errors import EndlessBackfillError
from alembic_zdt.steps import Diagnostics

_ASK_EVERY = 0.1
_LOOK_EVERY = 16
_NEARLY = 0.8
_LINE = re.compile(r"^.*,|\)$")
_WHAT_CAME_OF_IT = f"SELECT pg_catalog.current_setting('{OUTCOME}')"
# Classes of SQLSTATE for faults of the statement, the session or the server.
_NOT_OF_A_ROW = ("25", "28", "42", "53", "55", "57", "58", "F0", "XX")


class LeaseLostError(Exception):
    """The loss of a slice to another worker."""


class Failure(Enum):
    """A cause of a failed batch that may be gone at the next try."""

    LOCKED = "another session holds a lock on one of its rows, or on the table"
    TOO_LONG = "it did not end in time"
    UNLUCKY = "it conflicted with another transaction"


_TRANSIENT = {
    driver_errors.LOCK_NOT_AVAILABLE: Failure.LOCKED,
    driver_errors.QUERY_CANCELED: Failure.TOO_LONG,
    driver_errors.DEADLOCK_DETECTED: Failure.UNLUCKY,
    driver_errors.SERIALIZATION_FAILURE: Failure.UNLUCKY,
}


@dataclass(frozen=True)
class Outcome:
    """The outcome of a batch.

    Attributes:
        rows: the number of rows that it changed.
        hot: the number of these rows whose new version stayed on its page (HOT
            updates).
        waiters: the number of sessions that waited for it.
        writers: the number of other sessions that changed the table, without workers of
            backfills; None when the batch has not looked.
        seconds: the seconds that it lasted on the server.
        failure: the reason why it did nothing, None when it is committed.
    """

    rows: int = 0
    hot: int = 0
    waiters: int = 0
    writers: int | None = None
    seconds: float = 0.0
    failure: Failure | None = None

    def __add__(self, other: Outcome) -> Outcome:
        """Add the rows and seconds of two batches of the same pass."""
        return Outcome(
            rows=self.rows + other.rows,
            hot=self.hot + other.hot,
            seconds=self.seconds + other.seconds,
        )


class RowError(Exception):
    """The server's error for a row that cannot be changed."""

    def __init__(self, found: Diagnostics) -> None:
        self.found = found
        super().__init__(found.message)


class CheckSchedule:
    """The schedule of batches that also verify rows or look for other sessions."""

    def __init__(self) -> None:
        self._sent = 0
        self._asked_at = float("-inf")

    @property
    def looks(self) -> bool:
        """Check whether the next batch verifies its rows, as the first batch does."""
        return self._sent % _LOOK_EVERY == 0

    def sent(self) -> None:
        """Count a batch that was sent and committed."""
        self._sent += 1

    def asks(self) -> bool:
        """Check whether the next batch looks for other sessions."""
        now = time.monotonic()
        if now - self._asked_at < _ASK_EVERY:
            return False
        self._asked_at = now
        return True


class SliceBatches:
    """The batches of one slice.

    Args:
        slices: the table of the slices, of which this is one.
        leased: the slice.
        worker: the worker that has leased it.
        definition: the definition of the backfill.
        store: the table that holds the rows.
        key: its primary key, which names rows in messages.
        session: the session through which the batches are sent.
        watch: which batches also verify their rows or look for other sessions.
    """

    def __init__(
        self,
        slices: Slices,
        leased: Slice,
        worker: str,
        definition: Definition,
        store: Store,
        key: tuple[KeyColumn, ...],
        session: Session,
        watch: CheckSchedule,
    ) -> None:
        self.definition = definition
        self.store = store
        self.key = key
        self.rows = 0
        self._slices = slices.table
        self._ours = slices.ours(leased, worker)
        self._name = leased.backfill
        self._session = session
        self._watch = watch

    @property
    def limit(self) -> float:
        """Return how many seconds a batch may take."""
        return self._session.limit

    def send(
        self, rows: Rows, cursor: str | None, limit: float | None = None
    ) -> Outcome:
        """Run one batch in a transaction of its own.

        Args:
            rows: the part of the table whose rows it changes.
            cursor: the place in the table that the slice has reached afterwards.
            limit: seconds that it may take, default: the limit of all batches.

        Raises:
            LeaseLostError: another worker has the slice now.
            EndlessBackfillError: a changed row still fulfils the condition.
            RowError: the server refused to change a row.
            DBAPIError: the connection is lost, the batch was cancelled, or the error
                does not come from a row.
        """
        asks = self._watch.asks()
        text = transaction(
            Batch(rows, cursor, self._watch.looks, asks),
            self.definition,
            self.store,
            self.key,
            self._slices,
            self._ours,
        )
        began = time.monotonic()
        try:
            left, lasted = self._session.send_batch(text, _WHAT_CAME_OF_IT, limit)
        except DBAPIError as error:
            lasted = self._session.on_the_server(time.monotonic() - began)
            failure = self._failure(error, lasted, limit or self.limit)
            return Outcome(failure=failure)
        self._watch.sent()
        changed, hot, waiters, writers = (int(number) for number in left.split())
        self.rows += changed
        return Outcome(changed, hot, waiters, writers if asks else None, lasted)

    def rows_of_page(self, page: int) -> list[tuple[str, str]]:
        """Return the ctid of each row of a page, and a text with its key."""
        alias = self.definition.alias
        rows = self._session.rows(
            f"SELECT {alias}.ctid::text, {row_in_words(self.definition, self.key)}"
            f" FROM ONLY {self.store.name.sql} AS {alias}"
            f" WHERE {alias}.ctid >= '({page},0)' AND {alias}.ctid < '({page + 1},0)'"
        )
        return [(ctid, words) for ctid, words in rows]

    def lines_of_page(self, page: int, after: int) -> list[int]:
        """Return the line numbers of a page after *after*, without reading the rows.

        To see which of them are done, the server would have to read their values.
        """
        alias = self.definition.alias
        rows = self._session.rows(
            f"SELECT {alias}.ctid::text FROM ONLY {self.store.name.sql} AS {alias}"
            f" WHERE {alias}.ctid > '({page},{after})'"
            f" AND {alias}.ctid < '({page + 1},0)'"
        )
        return sorted(int(_LINE.sub("", ctid)) for (ctid,) in rows)

    def _failure(self, error: DBAPIError, lasted: float, limit: float) -> Failure:
        if driver_errors.is_disconnect(error):
            raise error
        found = driver_errors.diagnostics(error)
        if found.sqlstate == LEASE_LOST:
            raise LeaseLostError from error
        if found.sqlstate == STILL_PENDING:
            raise self._endless(found) from error
        failure = _TRANSIENT.get(found.sqlstate)
        if failure is Failure.TOO_LONG and lasted < _NEARLY * limit:
            raise error  # cancelled by a request, not by its timeout
        if failure is None:
            raise _fault(found, error) from error
        return failure

    def _endless(self, found: Diagnostics) -> EndlessBackfillError:
        definition = self.definition
        hint = "Look for a trigger on the table that changes what the update has set."
        if definition.directive == "backfill":
            column = next(iter(definition.values))
            hint = (
                "Write a where= that the update makes false, for example "
                f'where="{column} IS NULL".'
            )
        return EndlessBackfillError(
            f'backfill "{self._name}" would never end: rows that it has changed still '
            "fulfil its condition",
            detail=f"The condition is {definition.pending}; after the update it is "
            f"still true for {found.message} rows of a batch, one of them "
            f"{found.detail}. That batch was rolled back.",
            hint=hint,
            row=found.detail,
        )


def _fault(found: Diagnostics, error: DBAPIError) -> Exception:
    """Return the error of a row, or *error* itself where no row has caused it."""
    return error if found.sqlstate.startswith(_NOT_OF_A_ROW) else RowError(found)
