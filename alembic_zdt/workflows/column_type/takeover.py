"""Copies of the original's dependent objects, with which the twin replaces it.

Indexes, CHECK constraints and NOT NULL are made on the twin while both columns exist,
without blocking reads or writes.  At the end the swap drops the original in one short
transaction, and gives the old names to the copies.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.catalog.dependents.base import DependentCheck
from alembic_zdt.catalog.dependents.copies import Copy
from alembic_zdt.catalog.dependents.foreign_keys import DependentKey
from alembic_zdt.locks import LockMode
from alembic_zdt.names import quote
from alembic_zdt.operations.constraints.not_null_steps import NotNullSteps
from alembic_zdt.operations.constraints.validation import validation_steps
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import RelationLock, SkipCondition, Step
from alembic_zdt.workflows.column_type.cutover import StayingTwin, Swap, copy_name
from alembic_zdt.workflows.column_type.key_copies import KeyCopy, dropping
from alembic_zdt.workflows.index_copies import IndexCopies


@dataclass(frozen=True)
class Takeover(StayingTwin):
    """The objects that the twin takes over.

    Attributes:
        copies: existing copies on the twin.
        proof: the name of the CHECK that proves that no value is lost.
        of_others: copies of foreign keys to the original that belong to windows of
            other columns.
    """

    copies: tuple[Copy, ...] = ()
    of_others: tuple[DependentKey, ...] = ()
    proof: str = ""

    @property
    def not_null(self) -> NotNullSteps:
        """Return the steps that set NOT NULL on the twin."""
        window = self.window
        name = copy_name(self.window, self.dependents.not_null_name)
        return NotNullSteps(window.table, window.twin, name=name)

    @property
    def indexes(self) -> IndexCopies:
        """Return the copies of indexes and statistics for the twin."""
        return IndexCopies(self.window, self.facts)

    def preparing(
        self, server: Server, *, early: bool = False, copies: bool = True
    ) -> Iterator[Step]:
        """Yield the steps that can run long before the swap.

        Args:
            server: the server's answers.
            early: whether new code that may read the twin is not deployed yet.
            copies: whether to copy indexes and statistics, too.
        """
        yield from self._leftovers()
        if self.dependents.not_null:
            yield from self.not_null.steps(server)
        for check in self.dependents.checks:
            yield from self._check(check)
        if copies:
            yield from self._serving(early=early)
        for key in self._keys:
            if not key.is_incoming:
                yield from key.adding()

    def _serving(self, *, early: bool) -> Iterator[Step]:
        """Yield the steps that copy indexes and statistics for queries."""
        if early:
            yield from self.indexes.indexes(self.swap.early_indexes)
        else:
            for index in self.dependents.indexes:
                if not index.is_unique:
                    yield from self.indexes.index(index)
        yield from self.indexes.statistics(self.dependents.statistics)

    def finishing(self) -> Iterator[Step]:
        """Yield the steps that run last, such as building the unique indexes.

        An upsert uses only one unique index, so the twin's are built late.
        """
        for index in self.dependents.indexes:
            if index.is_unique:
                yield from self.indexes.index(index)
        for key in self._keys:
            if key.is_incoming:
                yield from key.adding()
        # They would prevent the drop of the original; the other window makes them
        # again.
        yield from (dropping(key) for key in self.of_others)
        yield from (key.exchanging() for key in self._keys)

    @property
    def _keys(self) -> Iterator[KeyCopy]:
        table = self.facts.located(self.window.table)
        return (KeyCopy(self.window, key, table) for key in self.dependents.keys)

    @property
    def swap(self) -> Swap:
        """Return the swap that ends the change."""
        return Swap(self.window, self.dependents, self.facts, self.final, self.type)

    # ------------------------------------------------------------------ beforehand

    def _leftovers(self) -> Iterator[Step]:
        """Drop copies whose original was dropped or defined differently."""
        wanted = {
            self.indexes.name(index)
            for index in (*self.dependents.indexes, *self.swap.early_indexes)
        }
        wanted |= {
            copy_name(self.window, c.name, c.definition) for c in self.dependents.checks
        }
        wanted |= {key.copy.name for key in self._keys}
        for copy in self.copies:
            if copy.name in wanted or copy.name == self.proof:
                continue
            if copy.key is not None:
                yield dropping(copy.key)
            elif copy.kind == "check":
                yield self._drop_check(copy.name)
            else:
                yield self.indexes.dropping(copy.name)

    def _drop_check(self, name: str) -> Step:
        table, tree = self.window.table, self.facts.is_partitioned
        there = constraint_catalog.exists(name, table)
        return Step(
            purpose=f'drop constraint "{name}", the copy of one that is gone',
            statements=(f"ALTER TABLE {table.sql} DROP CONSTRAINT {quote(name)}",),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, table, tree=tree),),
            skip_if=SkipCondition(f"(NOT {there})", f'there is no constraint "{name}"'),
        )

    def _check(self, check: DependentCheck) -> Iterator[Step]:
        table, name = (
            self.window.table,
            copy_name(self.window, check.name, check.definition),
        )
        adding = f"ADD CONSTRAINT {quote(name)} {check.definition} NOT VALID"
        mode, tree = LockMode.ACCESS_EXCLUSIVE, self.facts.is_partitioned
        yield Step(
            purpose=f'add a copy of constraint "{check.name}" as NOT VALID',
            statements=(f"ALTER TABLE {table.sql} {adding}",),
            locks=(RelationLock(mode, table, tree=tree),),
            skip_if=SkipCondition(
                constraint_catalog.exists(name, table), f'constraint "{name}" is there'
            ),
        )
        if check.is_validated:
            yield from validation_steps(name, table, self.facts)
