"""The size of the work of a step, from facts.

The statistics of columns stand for the sample that a database gives: the average width
of a value, and the share of NULLs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from alembic_zdt.estimates.step_history import MeasuredStep
from alembic_zdt.estimates.work_size import HEADER, UNKNOWN_WIDTH, WorkSize
from alembic_zdt.facts.exported import (
    ExportedColumn,
    ExportedDatabase,
    ExportedTable,
    Facts,
)
from alembic_zdt.names import QualifiedName, quote, unquoted
from alembic_zdt.steps import Work, WorkKind

_NAME = r'(?:"(?:[^"]|"")++"|[a-z_][a-z0-9_$]*+)'
_COLUMN = re.compile(rf"\A(?:{_NAME}\.)?({_NAME})")
_CONSTANT = r"(?:true|false|\d+|'[^']*')"
_NULL_TEST = re.compile(rf"\A(?:{_NAME}\.)?({_NAME}) IS (NOT )?NULL", re.IGNORECASE)
_PENDING = re.compile(
    rf"\A(?:{_NAME}\.)?({_NAME}) IS NULL"
    rf" AND NOT \(\((?:{_CONSTANT}|(?:{_NAME}\.)?({_NAME}))\) IS NULL\)"
)
"""The condition of a backfill without one of its own."""


class UnknownShareError(LookupError):
    """The facts do not show how many rows fulfil a condition, or how wide they are."""


def size_from_facts(
    facts: Facts, database: ExportedDatabase, work: Work
) -> WorkSize | None:
    """Return the size of the work, None if it does not follow from the facts."""
    parts = _parts(facts, database, work.table)
    size = sum(each.heap_bytes for each in parts)
    rows = sum(each.rows for each in parts)
    if not rows or not size:
        return None
    other = _parts(facts, database, work.other) if work.other else ()
    chosen, stored = rows, 0
    if work.kind in {WorkKind.INDEX, WorkKind.BACKFILL}:
        try:
            share, width = _Statistics(facts, database, work, rows).share_and_width()
        except UnknownShareError:
            return None
        if work.kind is WorkKind.BACKFILL:
            width = size / rows
        chosen = round(rows * share)
        stored = round(chosen * (width + HEADER[work.kind]))
    if work.kind is WorkKind.INDEX and not work.values:
        stored = _stored(facts, database, work, parts)
    return WorkSize(
        bytes=size,
        rows=rows,
        chosen=chosen,
        stored=stored,
        indexes=max(len(each.indexes) for each in parts),
        other_bytes=sum(each.heap_bytes for each in other),
    )


def measured_steps(database: ExportedDatabase) -> Sequence[MeasuredStep]:
    """Return the steps that were measured on the server."""
    known = {kind.value for kind in WorkKind}
    return [
        MeasuredStep(
            WorkKind(each.kind),
            WorkSize(
                bytes=each.table_bytes,
                rows=each.table_rows,
                chosen=each.chosen_rows,
                stored=each.stored_bytes,
                indexes=each.indexes,
                other_bytes=each.other_bytes,
            ),
            each.seconds,
            each.source,
        )
        for each in database.steps
        if each.kind in known
    ]


def _parts(
    facts: Facts, database: ExportedDatabase, table: QualifiedName
) -> Sequence[ExportedTable]:
    """Return the relations that store the rows of a table."""
    found = database.table(facts.hidden_name(table))
    tree = database.tree(found) if found else ()
    return [each for each in tree if each.kind in {"r", "m"}]


def _stored(
    facts: Facts,
    database: ExportedDatabase,
    work: Work,
    parts: Sequence[ExportedTable],
) -> int:
    """Return the size of an index that exists, or of all indexes of the table."""
    if work.index is None:
        return sum(each.index_bytes for each in parts)
    found = database.index(facts.hidden_name(work.index))
    if found is None:
        return 0
    table, index = found
    names, size = {index.name}, 0
    for part in database.tree(table):
        for each in part.indexes:
            if each.name in names or each.parent in names:
                names.add(each.name)
                size += each.bytes
    return size


class _Statistics:
    """The statistics of the columns that a step stores, or that its condition names."""

    def __init__(
        self, facts: Facts, database: ExportedDatabase, work: Work, rows: int
    ) -> None:
        self._facts, self._work, self._rows = facts, work, rows
        found = database.table(facts.hidden_name(work.table))
        self._tree = list(database.tree(found)) if found else []

    def share_and_width(self) -> tuple[float, float]:
        """Return the share of rows that the work stores, and the bytes of one.

        Where a column does not exist yet, all rows count, with a usual width.
        """
        values = self._work.values if self._work.kind is WorkKind.INDEX else ()
        try:
            share = self._share(self._work.where)
            widths = [self._width(self._named(each)) for each in values]
        except KeyError:
            return 1.0, UNKNOWN_WIDTH
        return share or 0.5 / self._rows, sum(widths) or UNKNOWN_WIDTH

    def _share(self, condition: str) -> float:
        text = condition.strip()
        while text.startswith("(") and text.endswith(")"):
            text = text[1:-1].strip()
        if not text or self._fills_new_column(text):
            return 1.0
        if found := _NULL_TEST.fullmatch(text):
            share = self._nulls(found[1])
            return 1.0 - share if found[2] else share
        if found := _PENDING.fullmatch(text):
            given = 1.0 - self._nulls(found[2]) if found[2] else 1.0
            return self._nulls(found[1]) * given
        raise UnknownShareError(condition)

    def _fills_new_column(self, condition: str) -> bool:
        """Check whether an earlier step of the plan adds a column of the condition."""
        return any(
            quote(target) in condition
            and not any(each.column(self._facts.hidden(target)) for each in self._tree)
            for target in self._work.targets
        )

    def _nulls(self, name: str) -> float:
        column = self._named(name)
        if column.not_null:
            return 0.0
        if column.null_share is None:
            raise UnknownShareError(name)
        return column.null_share

    def _width(self, column: ExportedColumn) -> float:
        if column.width is None:
            raise UnknownShareError(column.name)
        return column.width * (1.0 - (column.null_share or 0.0))

    def _named(self, text: str) -> ExportedColumn:
        """Return the column with a name in SQL, with statistics if there are any.

        Raises:
            KeyError: there is no such column.
            UnknownShareError: the text is no name.
        """
        found = _COLUMN.fullmatch(text)
        if found is None:
            raise UnknownShareError(text)
        name = self._facts.hidden(unquoted(found[1]))
        columns = [column for each in self._tree if (column := each.column(name))]
        if not columns:
            raise KeyError(name)
        return next((each for each in columns if each.width is not None), columns[0])
