"""The twin takes over what stands on the original, then its place.

Indexes, CHECK constraints and NOT NULL are made on the twin while both are there, each
in the way that blocks nobody; the swap at the end is one short transaction, in which
they get the names of those that go with the original.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.catalog import standing
from alembic_zdt.catalog.standing import (
    Generator,
    Standing,
    StandingCheck,
    StandingIndex,
)
from alembic_zdt.catalog.standing_keys import COPY
from alembic_zdt.facts import Server, TableFacts
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, distinct, literal, quote
from alembic_zdt.operations._index_ddl import IndexSpec
from alembic_zdt.operations._index_steps import name_of_part, steps_of_index
from alembic_zdt.operations._not_null_steps import NotNullSteps
from alembic_zdt.operations._takeover_keys import KeyCopy
from alembic_zdt.operations._validation import validation_steps
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.steps import Guard, RelationLock, Step
from alembic_zdt.twin.window import Window

_OF_SEQUENCES = ("int2", "int4", "int8")


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
    """

    window: Window
    standing: Standing
    facts: TableFacts
    final: str
    type: str

    @property
    def not_null(self) -> NotNullSteps:
        """The way to NOT NULL for the twin."""
        window = self.window
        name = _temporary(self.standing.not_null_name)
        return NotNullSteps(window.table, window.twin, name=name)

    def preparing(self, server: Server) -> Iterator[Step]:
        """What can be done long before the swap."""
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
        yield from (key.exchanging() for key in self._keys)

    @property
    def _keys(self) -> Iterator[KeyCopy]:
        table = self.window.table
        table = replace(table, schema=self.facts.schema or table.schema)
        return (KeyCopy(self.window, key, table) for key in self.standing.keys)

    def statements(self) -> tuple[str, ...]:
        """Those of the swap, where the trigger and the CHECK are gone already."""
        table = f"ALTER TABLE {self.window.table.sql}"
        original, twin = quote(self.window.original), quote(self.window.twin)
        renaming = f"{table} RENAME COLUMN {twin} TO {quote(self.final)}"
        return (
            *self._keep_sequence(),
            f"{table} DROP COLUMN {original}",
            *([renaming] if self.final != self.window.twin else ()),
            *self._column_settings(),
            *self._names_of_checks(),
            *self._names_of_indexes(),
            *self._comments(),
        )

    # ------------------------------------------------------------------ beforehand

    def _check(self, check: StandingCheck) -> Iterator[Step]:
        table, name = self.window.table, _temporary(check.name)
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
            _temporary(index.name),
            self.window.table,
            (self.window.twin,),
            index.is_unique,
            copied=index,
        )
        return steps_of_index(spec, index.definition, self.facts)

    # -------------------------------------------------------------------- the swap

    def _keep_sequence(self) -> Iterator[str]:
        """The sequence would go with the column that it belongs to."""
        generator = self.standing.generator
        if generator is None:
            return
        if generator.identity:
            yield self._hand_identity_on(generator)
            return
        owner = f"{self.window.table.sql}.{quote(self.window.twin)}"
        name = generator.name.sql
        yield f"ALTER SEQUENCE {name} OWNED BY {owner}"
        if generator.follows_type and self.type in _OF_SEQUENCES:
            yield f"ALTER SEQUENCE {name} AS {self.type}"

    def _hand_identity_on(self, generator: Generator) -> str:
        """A new sequence goes on where the old one is, with its name and its rights."""
        table = f"ALTER TABLE {self.window.table.sql} ALTER COLUMN"
        original, twin = quote(self.window.original), quote(self.window.twin)
        name = generator.name
        options = f"SEQUENCE NAME {name.sql} {generator.options}"
        comment = (
            ()
            if generator.comment is None
            else (f"{_comment(f'SEQUENCE {name.sql}', generator.comment)};",)
        )
        return do_block(
            (
                f"SELECT last_value, is_called INTO zdt_last, zdt_on FROM {name.sql};",
                f"zdt_grants := ({standing.grants_on_sequence(name)});",
                f"{table} {original} DROP IDENTITY;",
                f"{table} {twin} ADD {generator.generated} AS IDENTITY ({options});",
                f"PERFORM pg_catalog.setval({literal(name.sql)}, zdt_last, zdt_on);",
                "IF zdt_grants IS NOT NULL THEN EXECUTE zdt_grants; END IF;",
                *comment,
            ),
            ("zdt_last bigint", "zdt_on boolean", "zdt_grants text"),
        )

    def _column_settings(self) -> Iterator[str]:
        column = f"ALTER TABLE {self.window.table.sql} ALTER COLUMN {quote(self.final)}"
        if self.standing.default:
            yield f"{column} SET DEFAULT {self.standing.default}"
        yield from (f"{column} {setting}" for setting in self.standing.settings)

    def _names_of_checks(self) -> Iterator[str]:
        renaming = f"ALTER TABLE {self.window.table.sql} RENAME CONSTRAINT"
        for check in self.standing.checks:
            yield f"{renaming} {quote(_temporary(check.name))} TO {quote(check.name)}"
        if self.standing.not_null_name:
            yield self._name_of_not_null()

    def _name_of_not_null(self) -> str:
        """Its name is the server's choice, so it is the server who knows it."""
        table = self.window.table
        found = (
            "SELECT pg_catalog.quote_ident(k.conname) FROM pg_catalog.pg_constraint k"
            " JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid"
            " AND k.conkey = ARRAY[a.attnum]"
            f" WHERE k.conrelid = {table.regclass} AND k.contype = 'n'"
            f" AND a.attname = {literal(self.final)}"
        )
        name = self.standing.not_null_name
        renaming = literal(f"ALTER TABLE {table.sql} RENAME CONSTRAINT ")
        return do_block(
            (
                f"IF zdt_name <> pg_catalog.quote_ident({literal(name)}) THEN",
                f"  EXECUTE {renaming} || zdt_name || {literal(f' TO {quote(name)}')};",
                "END IF;",
            ),
            (f"zdt_name text := ({found})",),
        )

    def _names_of_indexes(self) -> Iterator[str]:
        table = f"ALTER TABLE {self.window.table.sql}"
        for index in self.standing.indexes:
            name, copy = quote(index.name), _temporary(index.name)
            if index.constraint:
                kind = "PRIMARY KEY" if index.constraint == "p" else "UNIQUE"
                adding = f"{table} ADD CONSTRAINT {name} {kind} USING INDEX"
                yield f"{adding} {quote(copy)}{index.timing}"
            else:
                yield f"ALTER INDEX {self._beside(copy)} RENAME TO {name}"
                yield from _names_of_parts(copy, index)
            if index.is_replica_identity:
                yield f"{table} REPLICA IDENTITY USING INDEX {name}"
            if index.is_clustered:
                yield f"{table} CLUSTER ON {name}"

    def _comments(self) -> Iterator[str]:
        table = self.window.table.sql
        if self.standing.comment is not None:
            column = f"COLUMN {table}.{quote(self.final)}"
            yield _comment(column, self.standing.comment)
        for index in self.standing.indexes:
            if index.comment is not None:
                yield _comment(f"INDEX {self._beside(index.name)}", index.comment)
            if index.constraint_comment is not None:
                where = f"CONSTRAINT {quote(index.name)} ON {table}"
                yield _comment(where, index.constraint_comment)
        for check in self.standing.checks:
            if check.comment is not None:
                where = f"CONSTRAINT {quote(check.name)} ON {table}"
                yield _comment(where, check.comment)

    def _beside(self, name: str) -> str:
        table = self.window.table
        return QualifiedName(name, self.facts.schema or table.schema).sql


def _names_of_parts(copy: str, index: StandingIndex) -> Iterator[str]:
    for partition, name in index.parts:
        part = partition.sibling(name_of_part(copy, partition))
        yield f"ALTER INDEX {part.sql} RENAME TO {quote(name)}"


def _temporary(name: str) -> str:
    return distinct(COPY, name)


def _comment(what: str, words: str) -> str:
    return f"COMMENT ON {what} IS {literal(words)}"
