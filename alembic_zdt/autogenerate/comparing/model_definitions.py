"""Indexes, exclusion constraints and generated columns, declared on an empty copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.catalog.spellings import copy_key
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.calls.sql_text import DIALECT, sql_text, written
from alembic_zdt.operations.indexes.index_ddl import IndexSpec, given_options

if TYPE_CHECKING:
    from sqlalchemy import Table

    from alembic_zdt.catalog.spellings import Expressions, Generated

_PLAIN = re.compile(
    r"(?:UNIQUE )?USING btree \((?P<columns>[^()]*)\)(?: NULLS NOT DISTINCT)?\Z"
)
_SORTED = re.compile(r" (?:ASC|DESC|NULLS)\b")


@dataclass
class Definitions:
    """The indexes, exclusion constraints and generated columns of a table's model.

    Attributes:
        indexes: the indexes to compare, which both sides have, by name.
        exclusions: the exclusion constraints, by name.
        generated: columns, by name.
        present: the expressions of the database.
    """

    indexes: dict[str, Index]
    exclusions: dict[str, ExcludeConstraint]
    generated: dict[str, Column[Any]]
    present: Expressions

    @classmethod
    def of(cls, model: Table, present: Expressions) -> Definitions:
        """Read the model, without the indexes that Alembic can compare."""
        indexes = dict(sorted((str(_name(each)), each) for each in model.indexes))
        exclusions = {
            str(_name(each)): each
            for each in model.constraints
            if isinstance(each, ExcludeConstraint)
        }
        return cls(
            {n: each for n, each in indexes.items() if _is_special(each, n, present)},
            exclusions,
            {str(c.name): c for c in model.columns if c.computed is not None},
            present,
        )

    def actions(self, copy: QualifiedName) -> Iterator[str]:
        """Yield the actions of ``ALTER TABLE`` that declare columns and constraints."""
        for name, column in self.generated.items():
            there = self.present.generated.get(name)
            if there is not None and not is_written_so(column, there):
                yield (
                    f"ADD COLUMN {self.key(name)} {there.type} GENERATED ALWAYS AS"
                    f" ({expression_of(column)}) {_KINDS[there.kind]}"
                )
        for name, exclusion in self.exclusions.items():
            if name in self.present.exclusions:
                words = written(exclusion).partition("EXCLUDE ")[2]
                own = copy_key(copy, self.key(name))
                yield f"ADD CONSTRAINT {own} EXCLUDE {words}"

    def indexes_on(self, copy: QualifiedName) -> Iterator[str]:
        """Yield the statements that create the indexes on a copy."""
        for name, index in self.indexes.items():
            spec = IndexSpec.from_stock(ops.CreateIndexOp.from_index(index))
            own = copy_key(copy, self.key(name))
            yield spec.on(copy, own).create(concurrently=False)

    def key(self, name: str) -> str:
        """Return the short name on a copy of an object of the models."""
        known = [*self.indexes, *self.exclusions, *self.generated]
        return f"zdt_object_{known.index(name)}"


def _name(item: Any) -> str | None:
    return contexts.final_name(item, DIALECT)


def expression_of(column: Column[Any]) -> str:
    """Return the expression of a generated column of the models."""
    return "" if column.computed is None else sql_text(column.computed.sqltext)


def is_written_so(column: Column[Any], there: Generated) -> bool:
    """Check whether the server spells the expression as the model does."""
    written = expression_of(column)
    return there.expression in (written, f"({written})")


_KINDS = {"s": "STORED", "v": "VIRTUAL"}


def kind_of(column: Column[Any]) -> str | None:
    """Return how a generated column is stored, None if the model leaves it open."""
    persisted = None if column.computed is None else column.computed.persisted
    return None if persisted is None else "vs"[persisted]


def _is_special(index: Index, name: str, present: Expressions) -> bool:
    """Check whether only the server can tell if the index differs."""
    there = present.indexes.get(name)
    if there is None:
        return False
    options = {*given_options(index.dialect_kwargs)} - _NOT_SPELLED
    is_plain = not options and all(isinstance(e, Column) for e in index.expressions)
    if not is_plain:
        return True
    found = _PLAIN.match(there)
    return found is None or bool(_SORTED.search(found["columns"]))


_NOT_SPELLED = {
    "postgresql_concurrently",
    "postgresql_nulls_not_distinct",
    "postgresql_tablespace",
}
"""Options of an index that Alembic compares, or that its definition does not have."""
