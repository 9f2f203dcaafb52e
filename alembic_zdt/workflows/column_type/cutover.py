"""The swap: the twin takes the place of the original and its objects' names.

It is one short transaction, in which no statement reads or writes rows.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import column_copy
from alembic_zdt.catalog.dependents.base import (
    Dependents,
    Generator,
    grants_on_sequence,
)
from alembic_zdt.catalog.dependents.column_indexes import DependentIndex
from alembic_zdt.names import COPY, distinct, literal, quote
from alembic_zdt.qualified import qualified
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.server_facts import TableFacts
from alembic_zdt.twin.window import Window

_OF_SEQUENCES = ("int2", "int4", "int8")


def copy_name(window: Window, name: str, definition: str = "") -> str:
    """Return the name of a copy, which depends on the original's definition."""
    return distinct(COPY, window.table.name, window.twin, name, definition=definition)


@dataclass(frozen=True)
class StayingTwin:
    """The twin that stays, and the properties that it needs from the original.

    Attributes:
        window: the two columns.
        dependents: objects that depend on the original, as they read on the twin.
        facts: facts of the table.
        final: the twin's name after the swap.
        type: the twin's type, as a sequence would have it.
    """

    window: Window
    dependents: Dependents
    facts: TableFacts
    final: str
    type: str


class Swap(StayingTwin):
    """The last transaction of a change of a column's type."""

    def statements(self) -> tuple[str, ...]:
        """Return the statements of the swap, once trigger and CHECK are dropped."""
        table = f"ALTER TABLE {self.window.table.sql}"
        original, twin = quote(self.window.original), quote(self.window.twin)
        renaming = f"{table} RENAME COLUMN {twin} TO {quote(self.final)}"
        return (
            *self._keep_sequence(),
            self._keep_rights(),
            f"{table} DROP COLUMN {original}",
            *([renaming] if self.final != self.window.twin else ()),
            *self._column_settings(),
            *self._names_of_checks(),
            *self._names_of_indexes(),
            *self._names_of_statistics(),
            *self._comments(),
        )

    def _keep_rights(self) -> str:
        """Return a block that gives the twin the current rights on the original."""
        window = self.window
        names = (window.table, window.original, window.twin)
        queries = [column_copy.grants_for(*names)]
        if self.final != window.twin:
            queries.insert(0, column_copy.revokes_for(window.table, window.twin))
        return do_block([f"EXECUTE coalesce(({q}), 'SELECT 1');" for q in queries])

    def _keep_sequence(self) -> Iterator[str]:
        """Yield statements that keep the sequence, which DROP COLUMN would drop."""
        generator = self.dependents.generator
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
        """Return a block that continues the identity in a new sequence."""
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
                # Changes nothing, but locks the sequence until the transaction ends.
                f"ALTER SEQUENCE {name.sql} INCREMENT BY {generator.increment};",
                f"SELECT last_value, is_called INTO zdt_last, zdt_on FROM {name.sql};",
                f"zdt_grants := ({grants_on_sequence(name)});",
                f"{table} {original} DROP IDENTITY;",
                f"{table} {twin} ADD {generator.generated} AS IDENTITY ({options});",
                f"PERFORM pg_catalog.setval({literal(name.sql)}, zdt_last, zdt_on);",
                "IF zdt_grants IS NOT NULL THEN EXECUTE zdt_grants; END IF;",
                *comment,
            ),
            ("zdt_last bigint", "zdt_on boolean", "zdt_grants pg_catalog.text"),
        )

    def _column_settings(self) -> Iterator[str]:
        column = f"ALTER TABLE {self.window.table.sql} ALTER COLUMN {quote(self.final)}"
        if not self.dependents.not_null:  # it may have been when the twin was filled
            yield f"{column} DROP NOT NULL"
        if self.dependents.default:
            yield f"{column} SET DEFAULT {self.dependents.default}"
        yield from (f"{column} {setting}" for setting in self.dependents.settings)

    def _names_of_checks(self) -> Iterator[str]:
        renaming = f"ALTER TABLE {self.window.table.sql} RENAME CONSTRAINT"
        for check in self.dependents.checks:
            copy = copy_name(self.window, check.name, check.definition)
            yield f"{renaming} {quote(copy)} TO {quote(check.name)}"
        if self.dependents.not_null_name:
            yield self._name_of_not_null()

    def _name_of_not_null(self) -> str:
        """Return a block that renames the NOT NULL constraint that the server named."""
        table = self.window.table
        found = (
            "SELECT pg_catalog.quote_ident(k.conname) FROM pg_catalog.pg_constraint k"
            " JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid"
            " AND k.conkey = ARRAY[a.attnum]"
            f" WHERE k.conrelid = {table.regclass} AND k.contype = 'n'"
            f" AND a.attname = {literal(self.final)}"
        )
        name = self.dependents.not_null_name
        renaming = literal(f"ALTER TABLE {table.sql} RENAME CONSTRAINT ")
        wanted, to = literal(name), literal(f" TO {quote(name)}")
        return do_block(
            (
                qualified(f"IF zdt_name <> pg_catalog.quote_ident({wanted}) THEN"),
                qualified(f"  EXECUTE {renaming} || zdt_name || {to};"),
                "END IF;",
            ),
            (f"zdt_name pg_catalog.text := ({qualified(found)})",),
        )

    def _names_of_indexes(self) -> Iterator[str]:
        table = f"ALTER TABLE {self.window.table.sql}"
        for index in self.dependents.indexes:
            name = quote(index.name)
            copy = copy_name(self.window, index.name, index.definition)
            if index.constraint:
                kind = "PRIMARY KEY" if index.constraint == "p" else "UNIQUE"
                adding = f"{table} ADD CONSTRAINT {name} {kind} USING INDEX"
                yield f"{adding} {quote(copy)}{index.timing}"
                if index.timing and self.final == self.window.twin:
                    plain = copy_name(self.window, index.name, index.plain.definition)
                    yield f"DROP INDEX IF EXISTS {self._beside(plain)}"
            else:
                yield f"ALTER INDEX {self._beside(copy)} RENAME TO {name}"
                if index.parts:
                    yield self._names_of_parts(index)
            if index.is_replica_identity:
                yield f"{table} REPLICA IDENTITY USING INDEX {name}"
            if index.is_clustered:
                yield f"{table} CLUSTER ON {name}"

    @property
    def early_indexes(self) -> Sequence[DependentIndex]:
        """Return the indexes to build while old and new code run."""
        if self.final != self.window.twin:
            return [index for index in self.dependents.indexes if not index.is_unique]
        return [i.plain if i.timing else i for i in self.dependents.indexes]

    def _names_of_statistics(self) -> Iterator[str]:
        for found in self.dependents.statistics:
            name = copy_name(self.window, found.name.name, found.definition)
            copy = found.name.sibling(name).sql
            yield f"ALTER STATISTICS {copy} RENAME TO {quote(found.name.name)}"
            if found.comment is not None:
                yield _comment(f"STATISTICS {found.name.sql}", found.comment)

    def _names_of_parts(self, index: DependentIndex) -> str:
        """Return a block that renames the index's parts on the known partitions."""
        known = ", ".join(
            f"({literal(partition.sql)}, {literal(quote(name))})"
            for partition, name in index.parts
        )
        parent = self.facts.located(self.window.table).sibling(index.name)
        return do_block(
            (
                qualified(
                    "FOR zdt_part IN WITH RECURSIVE part AS (SELECT"
                    f" {parent.regclass}::oid AS oid UNION ALL SELECT h.inhrelid"
                    " FROM pg_catalog.pg_inherits h"
                    " JOIN part ON h.inhparent = part.oid)"
                    " SELECT part.oid::pg_catalog.regclass AS copy, x.name FROM part"
                    " JOIN pg_catalog.pg_index i ON i.indexrelid = part.oid"
                    f" JOIN (VALUES {known}) x (partition, name)"
                    " ON i.indrelid = pg_catalog.to_regclass(x.partition) LOOP"
                ),
                (
                    "  EXECUTE pg_catalog.format('ALTER INDEX %s RENAME TO %s',"
                    " zdt_part.copy, zdt_part.name);"
                ),
                "END LOOP;",
            ),
            ("zdt_part record",),
        )

    def _comments(self) -> Iterator[str]:
        table = self.window.table.sql
        if self.dependents.comment is not None:
            column = f"COLUMN {table}.{quote(self.final)}"
            yield _comment(column, self.dependents.comment)
        for index in self.dependents.indexes:
            if index.comment is not None:
                yield _comment(f"INDEX {self._beside(index.name)}", index.comment)
            if index.constraint_comment is not None:
                where = f"CONSTRAINT {quote(index.name)} ON {table}"
                yield _comment(where, index.constraint_comment)
        for check in self.dependents.checks:
            if check.comment is not None:
                where = f"CONSTRAINT {quote(check.name)} ON {table}"
                yield _comment(where, check.comment)

    def _beside(self, name: str) -> str:
        return self.facts.located(self.window.table).sibling(name).sql


def _comment(what: str, words: str) -> str:
    return f"COMMENT ON {what} IS {literal(words)}"
