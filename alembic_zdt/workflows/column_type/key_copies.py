"""Copies of foreign keys from or to a column, for its twin.

Each copy is added NOT VALID and validated while both columns exist.  Just before the
swap it takes the name of the old key, in a short transaction of its own.  Dropping a
foreign key locks both of its tables, so one transaction drops only one key.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.catalog.dependents.foreign_keys import DependentKey
from alembic_zdt.locks import LockMode
from alembic_zdt.names import COPY, QualifiedName, distinct, literal, quote
from alembic_zdt.operations.constraints.validation import validation_steps
from alembic_zdt.server_facts import TableFacts
from alembic_zdt.steps import RelationLock, SkipCondition, Step
from alembic_zdt.twin.window import Window

_ORDINARY = TableFacts(kind="r")


@dataclass(frozen=True)
class KeyCopy:
    """A foreign key, and its copy on the twin.

    Attributes:
        window: the two columns.
        key: the key on the original.
        table: the table of the window, with its actual schema.
    """

    window: Window
    key: DependentKey
    table: QualifiedName

    @property
    def is_incoming(self) -> bool:
        """Check whether the key refers to the column."""
        original = self.window.original
        return self.key.referent == self.table and original in self.key.referent_columns

    @property
    def copy(self) -> DependentKey:
        """Return the copy of the foreign key, with the twin in place of the column."""
        key, table = self.key, self.table
        columns, others = key.columns, key.referent_columns
        return replace(
            key,
            name=distinct(
                *(COPY, self.table.name, self.window.twin, key.name),
                definition=key.definition(key.referent.sql),
            ),
            columns=self._of_twin(columns) if key.table == table else columns,
            referent_columns=self._of_twin(others) if key.referent == table else others,
        )

    def adding(self) -> Iterator[Step]:
        """Return the steps that add the copy NOT VALID, then validate it."""
        key, copy = self.key, self.copy
        definition = copy.definition(copy.referent.sql)
        mode = LockMode.SHARE_ROW_EXCLUSIVE
        yield Step(
            purpose=f'add a copy of foreign key "{key.name}" as NOT VALID',
            statements=(
                (
                    f"ALTER TABLE {key.table.sql} ADD CONSTRAINT {quote(copy.name)}"
                    f" {definition} NOT VALID"
                ),
            ),
            locks=self._locks(mode),
            skip_if=SkipCondition(
                constraint_catalog.exists(copy.name, key.table, "k.contype = 'f'"),
                f'constraint "{copy.name}" is there',
            ),
        )
        if key.is_validated:
            also = RelationLock(LockMode.ROW_SHARE, key.referent)
            others = () if key.referent == key.table else (also,)
            yield from validation_steps(copy.name, key.table, _ORDINARY, also=others)

    def exchanging(self) -> Step:
        """Return the step that drops the old key and gives its name to the copy."""
        key, name = self.key, quote(self.key.name)
        table, copy = f"ALTER TABLE {key.table.sql}", quote(self.copy.name)
        comment = (
            ()
            if key.comment is None
            else (
                (
                    f"COMMENT ON CONSTRAINT {name} ON {key.table.sql}"
                    f" IS {literal(key.comment)}"
                ),
            )
        )
        return Step(
            purpose=f'let the copy of foreign key "{key.name}" take its place',
            statements=(
                f"{table} DROP CONSTRAINT {name}",
                f"{table} RENAME CONSTRAINT {copy} TO {name}",
                *comment,
            ),
            locks=self._locks(LockMode.ACCESS_EXCLUSIVE),
            skip_if=SkipCondition(
                f"(NOT {constraint_catalog.exists(self.copy.name, key.table)})",
                f'constraint "{self.copy.name}" has another name',
            ),
        )

    def _of_twin(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        original, twin = self.window.original, self.window.twin
        return tuple(twin if column == original else column for column in columns)

    def _locks(self, mode: LockMode) -> tuple[RelationLock, ...]:
        return _locks(self.key, mode)


def dropping(key: DependentKey) -> Step:
    """Return the step that drops a foreign key, for which both tables are locked."""
    there = constraint_catalog.exists(key.name, key.table)
    return Step(
        purpose=f'drop foreign key "{key.name}" of "{key.table.label}"',
        statements=(f"ALTER TABLE {key.table.sql} DROP CONSTRAINT {quote(key.name)}",),
        locks=_locks(key, LockMode.ACCESS_EXCLUSIVE),
        skip_if=SkipCondition(f"(NOT {there})", f'there is no constraint "{key.name}"'),
    )


def _locks(key: DependentKey, mode: LockMode) -> tuple[RelationLock, ...]:
    """Return the locks of both tables, the referenced one first."""
    tables = dict.fromkeys((key.referent, key.table))
    return tuple(RelationLock(mode, table) for table in tables)
