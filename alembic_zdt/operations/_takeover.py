"""The twin takes over what stands on the original, then its place.

Indexes, CHECK constraints and NOT NULL are made on the twin while both are there, each
in the way that blocks nobody; the swap at the end is one short transaction, in which
they get the names of those that go with the original.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.catalog.copies import Copy
from alembic_zdt.catalog.standing import (
    Standing,
    StandingCheck,
    StandingIndex,
)
from alembic_zdt.catalog.standing_keys import StandingKey
from alembic_zdt.facts import Server, TableFacts
from alembic_zdt.locks import LockMode
from alembic_zdt.names import quote
from alembic_zdt.operations._index_ddl import IndexSpec
from alembic_zdt.operations._index_steps import analyze, steps_of_index
from alembic_zdt.operations._not_null_steps import NotNullSteps
from alembic_zdt.operations._swap import Swap, copy_name
from alembic_zdt.operations._takeover_keys import KeyCopy, dropping
from alembic_zdt.operations._validation import validation_steps
from alembic_zdt.operations.index import DropIndexConcurrentlyOp
from alembic_zdt.steps import Guard, RelationLock, Step
from alembic_zdt.twin.window import Window


@dataclass(frozen=True)
class CopiedIndex(IndexSpec):
    """An index as it stands on another column.

    Attributes:
        copied: what it is.
    """

    copied: StandingIndex = field(kw_only=True)

    def create(
        self,
        *,
        concurrently: bool = True,
        if_not_exists: bool = False,
        only: bool = False,
    ) -> str:
        """The ``CREATE INDEX`` statement."""
        options = "CONCURRENTLY " if concurrently else ""
        options += "IF NOT EXISTS " if if_not_exists else ""
        on = f"ONLY {self.table.sql}" if only else self.table.sql
        return self.copied.create(quote(str(self.name)), on, options)

    @property
    def plain_columns(self) -> None:
        """Nobody has said which columns it has."""
        return


@dataclass(frozen=True)
class Takeover:
    """What the twin takes over.

    Attributes:
        window: the two columns.
        standing: what stands on the original, as it reads on the twin.
        facts: of the table.
        final: the name of the twin in the end.
        type: of the twin, as a sequence would have it.
        copies: what was made on the twin before.
        of_others: copies of foreign keys to the original that belong to windows of
            other columns.
    """

    window: Window
    standing: Standing
    facts: TableFacts
    final: str
    type: str
    copies: tuple[Copy, ...] = ()
    of_others: tuple[StandingKey, ...] = ()

    @property
    def not_null(self) -> NotNullSteps:
        """The way to NOT NULL for the twin."""
        window = self.window
        name = copy_name(self.window, self.standing.not_null_name)
        return NotNullSteps(window.table, window.twin, name=name)

    def preparing(self, server: Server) -> Iterator[Step]:
        """What can be done long before the swap."""
        yield from self._leftovers()
        if self.standing.not_null:
            yield from self.not_null.steps(server)
        for check in self.standing.checks:
            yield from self._check(check)
        for index in self.standing.indexes:
            if not index.is_unique:
                yield from self._index(index)
        for key in self._keys:
            if not key.is_incoming:
                yield from key.adding()

    def finishing(self) -> Iterator[Step]:
        """What is made as late as possible: an upsert heeds one unique index only."""
        for index in self.standing.indexes:
            if index.is_unique:
                yield from self._index(index)
        for key in self._keys:
            if key.is_incoming:
                yield from key.adding()
        # They would keep the original from going; the other window makes them again.
        yield from (dropping(key) for key in self.of_others)
        yield from (key.exchanging() for key in self._keys)

    @property
    def _keys(self) -> Iterator[KeyCopy]:
        table = self.facts.located(self.window.table)
        return (KeyCopy(self.window, key, table) for key in self.standing.keys)

    @property
    def swap(self) -> Swap:
        """The end of it."""
        return Swap(self.window, self.standing, self.facts, self.final, self.type)

    # ------------------------------------------------------------------ beforehand

    def _leftovers(self) -> Iterator[Step]:
        """Drop copies of what is not there any more, or was defined anew."""
        wanted = {
            copy_name(self.window, i.name, i.definition) for i in self.standing.indexes
        }
        wanted |= {
            copy_name(self.window, c.name, c.definition) for c in self.standing.checks
        }
        wanted |= {key.copy.name for key in self._keys}
        for copy in self.copies:
            if copy.name in wanted:
                continue
            if copy.key is not None:
                yield dropping(copy.key)
            elif copy.kind == "check":
                yield self._drop_check(copy.name)
            else:
                yield self._drop_index(copy.name)

    def _drop_check(self, name: str) -> Step:
        table, tree = self.window.table, self.facts.is_partitioned
        there = constraint_catalog.exists(name, table)
        return Step(
            purpose=f'drop constraint "{name}", the copy of one that is gone',
            statements=(f"ALTER TABLE {table.sql} DROP CONSTRAINT {quote(name)}",),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, table, tree=tree),),
            guard=Guard(f"(NOT {there})", f'there is no constraint "{name}"'),
        )

    def _drop_index(self, name: str) -> Step:
        schema = self.facts.schema or self.window.table.schema
        drop = DropIndexConcurrentlyOp(name, self.window.table.name, schema=schema)
        return drop.step(self.facts)

    def _check(self, check: StandingCheck) -> Iterator[Step]:
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
            guard=Guard(
                constraint_catalog.exists(name, table), f'constraint "{name}" is there'
            ),
        )
        if check.is_validated:
            yield from validation_steps(name, table, self.facts)

    def _index(self, index: StandingIndex) -> Sequence[Step]:
        spec = CopiedIndex(
            copy_name(self.window, index.name, index.definition),
            self.window.table,
            (self.window.twin,),
            index.is_unique,
            copied=index,
        )
        steps = steps_of_index(spec, index.definition, self.facts)
        return [*steps, *([analyze(spec)] if index.has_expressions else [])]
