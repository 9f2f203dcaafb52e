"""Change the rows that a proof has found, by their keys.

An UPDATE by the application moves a row to another page, which a walk through the table
may have passed already.  The key of the row stays the same.
"""

from __future__ import annotations

from alembic_zdt.backfill.batch_statements import Listed
from alembic_zdt.backfill.batches import Failure, RowError
from alembic_zdt.backfill.pace import Pace
from alembic_zdt.backfill.proof import Place
from alembic_zdt.backfill.walk import Walk
from alembic_zdt.catalog.storage import KeyColumn


class RestWalk(Walk):
    """A walk through a list of rows."""

    def run(
        self, pace: Pace, columns: tuple[KeyColumn, ...], places: list[Place]
    ) -> None:
        """Change all rows, and try locked ones again at the end.

        Args:
            pace: the number of rows to do at once.
            columns: the columns of the primary key; empty where the table has none.
            places: the places of the rows.
        """
        while places:
            self._rest()
            rows = Listed(columns, tuple(places[: pace.size]))
            size = len(rows.places)
            where = in_words(columns, rows.places[-1])
            try:
                outcome = self._send(rows, None, pace, size, where)
            except RowError as error:
                if size > 1:
                    pace.halve()
                    continue
                table = self._batches.store.name.label
                where = f'the row {where} of "{table}"'
                raise self._row_failed(where, error) from error
            if outcome.failure is None:
                pace.lasted(outcome.seconds, size)
                places = places[size:]
            elif outcome.failure is Failure.LOCKED:
                pace.halve()
                places = places[size:] + places[:size]


def in_words(columns: tuple[KeyColumn, ...], place: Place) -> str:
    """Name a row by its key, or by its ctid: ``(id)=(5)``."""
    names = ", ".join(column.name for column in columns) or "ctid"
    return f"({names})=({', '.join(place[1:] or place[:1])})"
