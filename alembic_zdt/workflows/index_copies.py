"""Copies of a column's indexes and statistics for its twin, while both exist.

New code reads the twin, so its queries need the same indexes and statistics before the
new code is deployed.
https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from alembic_zdt.catalog.dependents import extended_statistics as catalog
from alembic_zdt.catalog.dependents.column_indexes import DependentIndex
from alembic_zdt.catalog.dependents.copies import Copy
from alembic_zdt.catalog.dependents.extended_statistics import DependentStatistics
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.indexes.concurrent_index import DropIndexConcurrentlyOp
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.operations.indexes.index_steps import analyze, steps_of_index
from alembic_zdt.server_facts import TableFacts
from alembic_zdt.steps import (
    RelationLock,
    SkipCondition,
    Step,
    Transaction,
    Watch,
    Work,
    WorkKind,
)
from alembic_zdt.twin.renamed import OnTable
from alembic_zdt.twin.window import Window
from alembic_zdt.workflows.column_type.cutover import copy_name

_KB = 1024


@dataclass(frozen=True)
class CopiedIndex(IndexSpec):
    """An index that copies an index of another column.

    Attributes:
        copied: the original index.
    """

    copied: DependentIndex = field(kw_only=True)

    def create(
        self,
        *,
        concurrently: bool = True,
        if_not_exists: bool = False,
        only: bool = False,
    ) -> str:
        """Return the ``CREATE INDEX`` statement."""
        options = "CONCURRENTLY " if concurrently else ""
        options += "IF NOT EXISTS " if if_not_exists else ""
        on = f"ONLY {self.table.sql}" if only else self.table.sql
        return self.copied.create(quote(str(self.name)), on, options)

    def work(self, until: str = "") -> Work:
        """Return the work of building the index, for an estimate.

        Args:
            until: when the space is free again, empty if it stays in use.
        """
        schema = self.table.schema
        index = QualifiedName(self.copied.name, schema)
        return Work(WorkKind.INDEX, self.table, index=index, until=until)

    @property
    def plain_columns(self) -> None:
        """Return None, because only the definition names the columns."""
        return


@dataclass(frozen=True)
class IndexCopies:
    """The copies of indexes and statistics on one table.

    Attributes:
        window: the two columns.
        facts: facts of the table.
    """

    window: Window
    facts: TableFacts

    @classmethod
    def of_leaf(cls, window: Window, leaf: QualifiedName) -> IndexCopies:
        """Return the copies on a partition that has indexes of its own."""
        on_leaf = replace(window, table=leaf)
        return cls(on_leaf, TableFacts(kind="r", schema=leaf.schema))

    def name(self, index: DependentIndex) -> str:
        """Return the name of the copy of an index."""
        return copy_name(self.window, index.name, index.definition)

    def indexes(self, indexes: Sequence[DependentIndex]) -> Iterator[Step]:
        """Yield the steps that build copies of indexes, with a note on their cost."""
        note = self._cost(indexes)
        for index in indexes:
            for step in self.index(index):
                is_build = step.build_settings or self.facts.is_partitioned
                yield replace(step, note=note if is_build else "")
                note = "" if is_build else note

    def index(self, index: DependentIndex) -> Iterator[Step]:
        """Yield steps that build the copy of an index and analyze its expressions."""
        spec = CopiedIndex(
            self.name(index),
            self.window.table,
            (self.window.twin,),
            index.is_unique,
            copied=index,
        )
        yield from steps_of_index(spec, index.definition, self.facts)
        yield from (self._target(spec, *target) for target in index.targets)
        if index.has_expressions:
            yield analyze(spec)

    def statistics(self, found: Sequence[DependentStatistics]) -> Iterator[Step]:
        """Yield the steps that copy extended statistics and run ANALYZE."""
        yield from (self._create_statistics(one) for one in found)
        if found:
            yield self._gather(found)

    def leftovers(
        self, copies: Iterable[Copy], wanted: Sequence[DependentIndex]
    ) -> Iterator[Step]:
        """Drop copies whose index was dropped or defined differently."""
        names = {self.name(index) for index in wanted}
        for copy in copies:
            if copy.kind == "index" and copy.name not in names:
                yield self.dropping(copy.name)

    def dropping(self, name: str) -> Step:
        """Return the step that drops an index of the table."""
        table = self.window.table
        schema = self.facts.schema or table.schema
        drop = DropIndexConcurrentlyOp(name, table.name, schema=schema)
        return drop.step(self.facts)

    def _cost(self, indexes: Sequence[DependentIndex]) -> str:
        table = self.window.table.label
        sizes = ", ".join(f'"{index.name}" {_size(index.size)}' for index in indexes)
        words = (
            f"copies of indexes take about as much space as the originals: {sizes};"
            f' until the contract each write to "{table}" that changes an index changes'
            " its copy, too"
        )
        unique = ", ".join(f'"{index.name}"' for index in indexes if index.is_unique)
        if not unique:
            return words
        return (
            f"{words}. An INSERT ... ON CONFLICT that uses one of {unique}, or its"
            " copy, may now and then fail with a unique violation (SQLSTATE 23505):"
            " repeat the INSERT, or pass copy_indexes=False"
        )

    def _target(self, spec: IndexSpec, number: int, target: int) -> Step:
        name = QualifiedName(str(spec.name), self.facts.schema or spec.table.schema)
        there = (
            "EXISTS (SELECT FROM pg_catalog.pg_attribute a"
            f" WHERE a.attrelid = {name.regclass} AND a.attnum = {number}"
            f" AND a.attstattarget = {target})"
        )
        altering = f"ALTER INDEX {name.sql} ALTER COLUMN {number}"
        return Step(
            purpose=f'set the statistics target of column {number} of "{spec.name}"',
            statements=(f"{altering} SET STATISTICS {target}",),
            locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, name, kind="index"),),
            skip_if=SkipCondition(there, "it has that target"),
        )

    def _statistics_name(self, statistics: DependentStatistics) -> QualifiedName:
        return statistics.name.sibling(
            copy_name(self.window, statistics.name.name, statistics.definition)
        )

    def _create_statistics(self, statistics: DependentStatistics) -> Step:
        table, name = self.window.table, self._statistics_name(statistics)
        return Step(
            purpose=f'copy statistics "{statistics.name.name}"',
            statements=statistics.create(name.sql, table.sql),
            locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, table),),
            skip_if=SkipCondition(
                catalog.exists(name.name, table), "there are such statistics"
            ),
        )

    def _gather(self, found: Sequence[DependentStatistics]) -> Step:
        table = self.window.table
        names = [self._statistics_name(one).name for one in found]
        return Step(
            purpose=f'gather the extended statistics of "{table.label}"',
            statements=(f"ANALYZE {table.sql}",),
            locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, table),),
            skip_if=SkipCondition(
                catalog.are_gathered(names, table), "they are gathered"
            ),
            transaction=Transaction.AUTOCOMMIT,
            watch=Watch.SCAN,
        )


def copying_steps(
    window: Window,
    facts: TableFacts,
    found: Sequence[OnTable],
    copies: Sequence[Copy],
) -> Iterator[Step]:
    """Yield the steps that copy the original's indexes and statistics to its twin.

    Args:
        window: the two columns.
        facts: facts of the table.
        found: the indexes and statistics on the table and its leaf partitions.
        copies: existing copies on the twin.
    """
    of_table = IndexCopies(window, facts)
    own = [i for on in found if on.table == window.table for i in _served(on)]
    yield from of_table.leftovers(copies, own)
    for on in found:
        is_own = on.table == window.table
        making = of_table if is_own else IndexCopies.of_leaf(window, on.table)
        yield from making.indexes(list(_served(on)))
        yield from making.statistics(on.statistics)


def while_open(window: Window, steps: Iterable[Step]) -> Iterator[Step]:
    """Yield the steps, each skipped if *window* is not open."""
    for step in steps:
        yield step.skipped_also(f"NOT {window.is_open}")


def _served(on: OnTable) -> Iterator[DependentIndex]:
    """Yield the indexes to copy, deferrable ones as plain indexes.

    Two deferrable constraints would not wait for each other, and the original enforces
    the constraint.
    """
    return (index.plain if index.timing else index for index in on.indexes)


def _size(size: int) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 10 * _KB:
            return f"{size:,} {unit}"
        size = round(size / _KB)
    return f"{size:,} GB"
