"""The SQL of an index, written by SQLAlchemy to keep all its features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from alembic.operations import ops
from sqlalchemy import ClauseElement, Column, Constraint, Index, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.elements import UnaryExpression, conv
from sqlalchemy.types import NullType

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, checked, quote
from alembic_zdt.operations.calls.sql_text import DIALECT, sql_text
from alembic_zdt.runner.script.offline_contexts import write_escapes
from alembic_zdt.steps import Work, WorkKind

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

# Names are measured when they are given.  A placeholder in a script is no name yet.
_ANY_LENGTH = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
_ANY_LENGTH.max_identifier_length = 9999
write_escapes(_ANY_LENGTH)
_ORDER = {"ASC", "DESC", "NULLS", "FIRST", "LAST"}


def kept(name: str, what: str) -> str:
    """Return the name that the server will keep of *name*.

    SQLAlchemy cuts a name that a naming convention has made, with a hash at its end.

    Raises:
        IdentifierTooLongError: the caller's own name has more than 63 bytes.
    """
    if isinstance(name, conv):
        cut = contexts.final_name(Constraint(name=name), DIALECT)
        return conv(checked(str(cut), what))
    return checked(name, what)


def given_columns(columns: Sequence[Any]) -> tuple[Any, ...]:
    """Return the columns of a stock operation as a caller would write them."""
    return tuple(
        column.name if isinstance(column, Column) else column for column in columns
    )


def given_options(kw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the PostgreSQL options of a stock operation that are set.

    Reflection returns all options, including those that are off, and the state of an
    index that is not valid.
    """
    found = {k: v for k, v in kw.items() if k.startswith("postgresql_") and says(v)}
    found.pop("postgresql_invalid", None)
    return found


def set_options(**options: Any) -> dict[str, Any]:
    """Return the options that the caller has given, which are not None."""
    return {name: value for name, value in options.items() if value is not None}


def says(value: Any) -> bool:
    """Check whether the value of an option switches the option on."""
    return isinstance(value, ClauseElement) or bool(value)


REPLACED = "the old index is dropped"
"""When the space of an index that is built again is free."""

NAME_IT = "Pass a name, or configure target_metadata with a naming_convention."


def _value(column: Any) -> str:
    """Return what an index stores of a column or an expression, without its order."""
    if isinstance(column, str):
        return quote(column)
    while isinstance(column, UnaryExpression) and column.modifier is not None:
        column = column.element
    text = _sql(column).rstrip()
    head, _, last = text.rpartition(" ")
    while head and last.upper() in _ORDER:
        text = head.rstrip()
        head, _, last = text.rpartition(" ")
    return text


def _sql(value: Any) -> str:
    return sql_text(value) if isinstance(value, ClauseElement) else str(value)


@dataclass(frozen=True)
class IndexSpec:
    """An index as the caller asked for it.

    Attributes:
        name: its name, None for the metadata's naming convention.
        table: its table.
        columns: column names, ``sa.text()`` or SQL expressions.
        unique: whether it is unique.
        options: the ``postgresql_...`` options of SQLAlchemy's Index.
    """

    name: str | None
    table: QualifiedName
    columns: Sequence[Any]
    unique: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_stock(cls, stock: ops.CreateIndexOp) -> IndexSpec:
        """Build the index that Alembic's ``create_index()`` creates."""
        options = given_options(stock.kw)
        options.pop("postgresql_concurrently", None)
        table = QualifiedName(stock.table_name, stock.schema)
        columns = given_columns(stock.columns)
        return cls(stock.index_name, table, columns, bool(stock.unique), options)

    def named(self, context: MigrationContext | None) -> IndexSpec:
        """Return the index with its final name, by convention if none was given.

        Raises:
            UsageError: there is neither a name nor a convention.
            IdentifierTooLongError: the name has more than 63 bytes.
        """
        name = self._index(context).name
        if name is None:
            raise UsageError(
                f'an index on "{self.table.label}" has no name',
                detail="The first argument is None and target_metadata has no naming "
                "convention for indexes.",
                hint=NAME_IT,
            )
        return replace(self, name=str(kept(name, "index")))

    def on(self, table: QualifiedName, name: str) -> IndexSpec:
        """Return the same index on another table (a partition, a probe)."""
        return replace(self, table=table, name=name)

    def create(
        self,
        *,
        concurrently: bool = True,
        if_not_exists: bool = False,
        only: bool = False,
    ) -> str:
        """Return the ``CREATE INDEX`` statement."""
        index = self._index(None)
        index.dialect_options["postgresql"]["concurrently"] = concurrently
        created = CreateIndex(index, if_not_exists=if_not_exists)
        text = str(created.compile(dialect=_ANY_LENGTH)).strip()
        if not only:
            return text
        names = _ANY_LENGTH.identifier_preparer
        table = names.format_table(cast("Table", index.table))
        head = f"{names.format_index(index)} ON "
        return text.replace(f"{head}{table} ", f"{head}ONLY {table} ", 1)

    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of a directive that creates this index."""
        named = {"schema": self.table.schema, "unique": self.unique or None}
        columns = list(self.columns)
        return (self.name, self.table.name, columns), {**named, **self.options}

    @property
    def tablespace(self) -> str:
        """Return the tablespace that the caller named, empty if none."""
        return str(self.options.get("postgresql_tablespace") or "")

    @property
    def plain_columns(self) -> tuple[str, ...] | None:
        """Return the column names, None if there are expressions among them."""
        if all(isinstance(column, str) for column in self.columns):
            return tuple(str(column) for column in self.columns)
        return None

    @property
    def mentioned_columns(self) -> tuple[str, ...]:
        """Return the columns that are given by name, included ones too."""
        included = self.options.get("postgresql_include") or ()
        given = (*self.columns, *included)
        return tuple(str(column) for column in given if isinstance(column, str))

    def work(self, until: str = "") -> Work:
        """Return the work of building the index, for an estimate.

        Args:
            until: when the space is free again, empty if it stays in use.
        """
        included = self.options.get("postgresql_include") or ()
        where = self.options.get("postgresql_where")
        return Work(
            WorkKind.INDEX,
            self.table,
            tuple(_value(each) for each in (*self.columns, *included)),
            "" if where is None else _sql(where),
            until=until,
        )

    def _index(self, context: MigrationContext | None) -> Index:
        stock = ops.CreateIndexOp(
            self.name,
            self.table.name,
            list(self.columns),
            schema=self.table.schema,
            unique=self.unique,
            **self.options,
        )
        index = stock.to_index(context)
        # Alembic's table knows only the key columns.
        for name in self.options.get("postgresql_include") or ():
            table = cast("Table", index.table)
            if isinstance(name, str) and name not in table.c:
                table.append_column(Column(name, NullType()))
        return index
