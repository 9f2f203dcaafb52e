"""Change the rows of a table in the order of a unique key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from alembic_zdt.backfill.batch_statements import Keys, boundary
from alembic_zdt.backfill.batches import Failure, Outcome, RowError
from alembic_zdt.backfill.pace import Pace
from alembic_zdt.backfill.walk import Walk
from alembic_zdt.catalog.storage import KeyColumn


def _as_json(columns: Sequence[KeyColumn], values: Sequence[str]) -> str:
    names = (column.name for column in columns)
    return json.dumps({"key": dict(zip(names, values, strict=True))})


class KeyWalk(Walk):
    """A walk through the rows of a table in the order of a unique key."""

    def run(self, pace: Pace, columns: tuple[KeyColumn, ...]) -> None:
        """Change the rows from the cursor to the end of the slice.

        Args:
            pace: the number of rows to do at once.
            columns: the columns of the key.
        """
        found = self._leased.cursor["key"] if self._leased.cursor else None
        after = found and [str(found[column.name]) for column in columns]
        keys = Keys(columns, after, None)
        while True:
            self._rest()
            size = pace.size
            keys = replace(keys, upto=self._upto(keys, size))
            outcome = self._try(keys, pace, size)
            if isinstance(outcome, Keys):
                keys = outcome
                continue
            pace.lasted(outcome.seconds, size)
            if keys.upto is None:
                return
            keys = Keys(columns, keys.upto, None)

    def _upto(self, keys: Keys, rows: int) -> list[str] | None:
        """Return the last key of the next rows, None where the table ends before."""
        batches = self._batches
        asked = boundary(batches.definition, batches.store, keys, rows)
        found = self._database.rows(asked, as_written=True)
        return [str(value) for value in found[0]] if found else None

    def _try(self, keys: Keys, pace: Pace, size: int) -> Outcome | Keys:
        """Send a batch, and return its outcome or the smaller batch to try."""
        cursor = None if keys.upto is None else _as_json(keys.columns, keys.upto)
        try:
            outcome = self._send(keys, cursor, pace, size, _key_in_words(keys))
        except RowError as error:
            if pace.halve():
                return keys
            raise self._row_failed(self._in_words(keys), error) from error
        if outcome.failure is None:
            return outcome
        skips = keys.skip_locked or (
            self._may_skip and outcome.failure is Failure.LOCKED
        )
        return replace(keys, skip_locked=skips)

    def _in_words(self, keys: Keys) -> str:
        table = self._batches.store.name.label
        if keys.upto is None:
            return f'the last row by ({_names(keys)}) of "{table}"'
        return f'the row {_key_in_words(keys)} of "{table}"'


def _names(keys: Keys) -> str:
    return ", ".join(column.name for column in keys.columns)


def _key_in_words(keys: Keys) -> str:
    return f"({_names(keys)})=({', '.join(keys.upto or ['the last one'])})"
