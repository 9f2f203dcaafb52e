"""Count the rows that each proof finds, and give up when the count does not fall."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

from alembic_zdt.backfill import proof
from alembic_zdt.backfill.convergence import ROUNDS, is_in_vain
from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.proof import Remaining
from alembic_zdt.backfill.rest_walk import in_words
from alembic_zdt.backfill.row_writers import triggers, writing_sessions
from alembic_zdt.backfill.slices import Slice, Slices
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import RowsRemainError
from alembic_zdt.settings import Settings

log = logging.getLogger("alembic_zdt")

_MOST_SHOWN = 5
_LOOK_FOR = 1.0
_POLL = 0.05


class Rounds:
    """The rounds of a backfill, those of earlier workers included.

    Args:
        database: a connection, to query for the sessions that write.
        slices: the table of the slices, which holds the numbers.
        definition: the definition of the backfill.
        settings: the settings, which say whether queries may be shown.
    """

    def __init__(
        self,
        database: Database,
        slices: Slices,
        definition: Definition,
        settings: Settings,
    ) -> None:
        self._database = database
        self._slices = slices
        self._definition = definition
        self._settings = settings
        self._writers: dict[int, str] = {}
        self._horizon = 0

    def begin(self) -> None:
        """Note, before a proof, the oldest transaction that may still be running."""
        self._horizon = proof.horizon(self._database)

    def add(self, leased: Slice, rest: Sequence[Remaining], changed: int | None) -> int:
        """Note the rows that a proof has found.

        Args:
            leased: the slice of the proof.
            rest: the rows that are left.
            changed: how many of the rows that the previous proof found were changed;
                None if the round went through the whole table.

        Returns:
            How many rows are left to change.

        Raises:
            RowsRemainError: several rounds did not reduce the number of rows left.
        """
        name = leased.backfill
        count = sum(found.rows for found in rest)
        before, horizon = self._slices.left(name)
        left = [*before, count][-ROUNDS - 1 :]
        self._look(name, rest)
        if is_in_vain(left):
            self._slices.note_left(leased, (), 0)  # the next run counts from zero
            if self._definition.existing_only and self._are_new(rest, horizon):
                self._tell_new(name, count)
                return 0
            raise self._rows_remain(name, rest, left, changed)
        self._slices.note_left(leased, left, self._horizon)
        log.info("%s: %s rows are left; starting another round", name, f"{count:,}")
        return count

    def _are_new(self, rest: Sequence[Remaining], horizon: int) -> bool:
        """Check whether every row that is left is newer than the last proof.

        Args:
            rest: the rows that are left.
            horizon: the transaction id of the last proof, 0 if an older release made
                it and noted none.
        """
        if not horizon:
            return False
        stores = [found.store for found in rest]
        return not proof.any_older(self._database, self._definition, stores, horizon)

    def _tell_new(self, name: str, count: int) -> None:
        log.warning(
            'backfill "%s": %s rows that were inserted meanwhile hold NULL. %s After '
            "the deployment, op.backfill() with the same expression fills them.",
            name,
            f"{count:,}",
            self._who_writes(self._definition.table.label),
        )

    def _look(self, name: str, rest: Sequence[Remaining]) -> None:
        """Note the sessions that write the tables at this moment."""
        stores = [found.store for found in rest]
        names = [self._definition.table.name, *(store.name.name for store in stores)]
        workers = [pid for _, pid in self._slices.workers(name)]
        queries = self._settings.show_queries
        self._writers |= writing_sessions(
            self._database, stores, names, workers, queries=queries
        )

    def _rows_remain(
        self,
        name: str,
        rest: Sequence[Remaining],
        left: Sequence[int],
        changed: int | None,
    ) -> RowsRemainError:
        until = time.monotonic() + _LOOK_FOR
        while not self._writers and time.monotonic() < until:
            self._database.sleep(_POLL)
            self._look(name, rest)
        places = [
            in_words(found.key, place) for found in rest for place in found.places
        ]
        examples = places[:_MOST_SHOWN]
        hint = (
            "Look for a trigger or a rule that keeps these rows as they are, then run "
            "the same command again."
        )
        if changed != 0:
            hint = (
                "Deploy the code, the default or the trigger that writes new rows as "
                "they should be, then run the same command again."
            )
        return RowsRemainError(
            f'backfill "{name}" makes no progress: {left[-1]:,} rows are left',
            detail=" ".join(self._details(rest, left, examples, changed)),
            hint=hint,
            rows=left[-1],
            name=name,
            examples=examples,
            pids=list(self._writers),
        )

    def _details(
        self,
        rest: Sequence[Remaining],
        left: Sequence[int],
        examples: Sequence[str],
        changed: int | None,
    ) -> Iterator[str]:
        definition = self._definition
        table = definition.table.label
        numbers = ", ".join(f"{number:,}" for number in left)
        yield f'{len(left)} rounds left {numbers} rows of "{table}" that fulfil'
        yield f"{definition.pending}, now for example {', '.join(examples)}."
        if changed == 0:
            yield "The update of the last round has changed none of them."
        yield self._who_writes(table)
        names = triggers(self._database, [found.store for found in rest])
        if names:
            yield f"The table has the triggers {', '.join(names)}."

    def _who_writes(self, table: str) -> str:
        if not self._writers:
            return f'No session that writes "{table}" was seen.'
        shown = list(self._writers.values())
        more = len(shown) - _MOST_SHOWN
        words = "; ".join(shown[:_MOST_SHOWN]) + (f"; {more} more" if more > 0 else "")
        return f'Sessions that write "{table}": {words}.'
