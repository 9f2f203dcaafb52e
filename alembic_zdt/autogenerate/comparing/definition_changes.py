"""Changes of indexes, exclusion constraints and generated columns.

Alembic compares the columns of an index and the text of its expressions, but neither
its predicate nor its options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import MetaData, Table

from alembic_zdt.autogenerate.comparing.model_definitions import (
    expression_of,
    is_written_so,
    kind_of,
)
from alembic_zdt.autogenerate.found.alterations import FoundAlteration
from alembic_zdt.names import quote

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Index

    from alembic_zdt.autogenerate.comparing.expressions import Declared

_SET_EXPRESSION = (17,)
"""The first version that can change the expression of a generated column."""
_REWRITTEN = (
    "PostgreSQL rewrites the whole table for it, and blocks all reads and writes "
    "meanwhile."
)


class DefinitionChanges:
    """The changes of one table's definitions.

    Args:
        context: Alembic's migration context.
        table: the expressions of both sides.
        is_kept: the filters of env.py, which get the item, its name, its kind, and its
            counterpart in the database.

    Attributes:
        unknown: definitions for which the server has returned no spelling.
        unwritten: differences that no operation removes.
    """

    def __init__(
        self,
        context: AutogenContext,
        table: Declared,
        is_kept: Callable[[Any, Any, Any, Any], bool],
    ) -> None:
        self.unknown: list[str] = []
        self.unwritten: list[str] = []
        self._context, self._table, self._is_kept = context, table, is_kept

    # --------------------------------------------------------------------- indexes

    def of_indexes(self, place: tuple[str | None, str], found: list[Any]) -> None:
        """Add the indexes that differ to the operations that Alembic has found."""
        for name, index in self._table.definitions.indexes.items():
            own = [op for op in found if getattr(op, "index_name", None) == name]
            spelled = self._spelled("indexes", name)
            there = self._present("indexes", name)
            if spelled is None and not self._mentions_new(_text_of(index)):
                if not own:
                    self.unknown.append(f'index "{name}" of "{self._label}"')
            elif spelled == there:  # to Alembic, its text may differ
                found[:] = [op for op in found if op not in own]
            elif not own:
                found += self._replaced(index, name, place)

    def _replaced(
        self, index: Index, name: str, place: tuple[str | None, str]
    ) -> Iterator[Any]:
        schema, table = place
        reflected = Table(table, MetaData(), schema=schema)
        self._context.inspector.reflect_table(reflected, None, resolve_fks=False)
        old = next(each for each in reflected.indexes if each.name == name)
        if self._is_kept(index, index.name, "index", old):
            yield ops.DropIndexOp.from_index(old)
            yield ops.CreateIndexOp.from_index(index)

    # ------------------------------------------------------- exclusion constraints

    def of_exclusions(self) -> None:
        """Note the exclusion constraints that differ: to change them blocks writes."""
        wanted, present = self._table.definitions.exclusions, self._table.present
        there = set(present.exclusions)
        for name in sorted({*wanted, *there}):
            words = f'exclusion constraint "{name}" of "{self._label}"'
            if name not in wanted:
                self.unwritten.append(f"{words}, which the models do not have")
            elif name not in there:
                self.unwritten.append(f"{words}, which the database does not have")
            elif self._spelled("exclusions", name) is None:
                self.unknown.append(words)
            elif self._spelled("exclusions", name) != self._present("exclusions", name):
                self.unwritten.append(
                    f"{words}: {self._present('exclusions', name)} in the database, "
                    f"{self._spelled('exclusions', name)} in the models"
                )

    # ------------------------------------------------------------ generated columns

    def of_generated(self, found: list[Any]) -> None:
        """Add the generated columns that differ."""
        model = self._table.model
        there = self._table.present.generated
        for real in self._table.present.columns:
            name = self._table.seen.column(real)
            column = model.columns.get(name)
            column = next((c for c in model.columns if c.name == name), column)
            if column is None or (column.computed is None and real not in there):
                continue
            if self._is_kept(column, name, "column", column):
                found += self._generated(column, name, real)

    def _generated(self, column: Any, name: str, real: str) -> Iterator[Any]:
        words = f'generated column "{self._label}.{name}"'
        old = self._table.present.generated.get(real)
        if column.computed is None and old is not None and old.kind == "s":
            yield self._altered(name, (old.expression, None), "DROP EXPRESSION", None)
        elif column.computed is None or old is None:
            side = "the models" if column.computed is None else "the database"
            self.unwritten.append(f"{words}, which is an ordinary one in {side}")
        elif kind_of(column) not in (None, old.kind):
            self.unwritten.append(f"{words}: one is STORED, the other is VIRTUAL")
        elif is_written_so(column, old):
            return
        else:
            spelled = self._table.spelled.generated.get(self._key(name))
            if spelled is None:
                self.unknown.append(words)
            elif spelled.expression != self._table.seen.text(old.expression):
                yield from self._with_expression(column, name, old)

    def _with_expression(self, column: Any, name: str, old: Any) -> Iterator[Any]:
        wanted = expression_of(column)
        version = self._context.dialect.server_version_info or ()
        # PostgreSQL 18 cannot change a VIRTUAL one of a table with a CHECK.
        is_refused = old.kind == "v" and self._table.present.checks
        if tuple(version) < _SET_EXPRESSION or is_refused:
            self.unwritten.append(
                f'generated column "{self._label}.{name}": ({old.expression}) in the '
                f"database, ({wanted}) in the models"
            )
            return
        yield self._altered(
            name,
            (old.expression, wanted),
            f"SET EXPRESSION AS ({wanted})",
            f"SET EXPRESSION AS ({old.expression})",
            () if old.kind == "v" else (_REWRITTEN,),
        )

    def _altered(
        self,
        name: str,
        sides: tuple[str | None, str | None],
        up: str,
        down: str | None,
        notes: tuple[str, ...] = (),
    ) -> FoundAlteration:
        table = self._table.table
        start = f"ALTER TABLE {table.sql} ALTER COLUMN {quote(name)} "
        difference = ("modify_generated", table.schema, table.name, name, *sides)
        back = None if down is None else f"{start}{down}"
        return FoundAlteration(difference, f"{start}{up}", back, notes)

    # ------------------------------------------------------------------- both sides

    @property
    def _label(self) -> str:
        return self._table.table.label

    def _key(self, name: str) -> str:
        return self._table.definitions.key(name)

    def _spelled(self, kind: str, name: str) -> str | None:
        found: str | None = getattr(self._table.spelled, kind).get(self._key(name))
        return found

    def _present(self, kind: str, name: str) -> str | None:
        return self._table.seen.text(getattr(self._table.present, kind)[name])

    def _mentions_new(self, text: str) -> bool:
        return self._table.mentions_new_column(text)


def _text_of(index: Index) -> str:
    options = index.dialect_kwargs.values()
    return " ".join(map(str, (*index.expressions, *options)))
