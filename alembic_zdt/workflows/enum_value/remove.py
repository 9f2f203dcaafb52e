"""Remove a value from an enum.

PostgreSQL cannot remove a value, and changing the column's type rewrites the table
under ACCESS EXCLUSIVE.  So the column gets a twin with a type without the value, as in
a change of its type.  At the end, one short transaction puts the twin in the place of
the column, and gives the name of the old type to the new type.

What can still go wrong: from the first step on, code that still writes the value gets
an error or the replacement.  At the swap, a prepared statement that returns the column
fails.  In psycopg it fails in each open session until its next ROLLBACK, with
autocommit until the session is closed.  On asyncpg it fails once in each engine.  So
recycle the connection pools.  The column becomes the last one of the table.

https://www.postgresql.org/docs/current/datatype-enum.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Enum

from alembic_zdt.catalog import enum as catalog
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import (
    DependentObjectsError,
    UndefinedObjectError,
    UsageError,
    ZdtError,
)
from alembic_zdt.names import QualifiedName, checked, distinct, literal, quote
from alembic_zdt.operations.base import (
    TableOperation,
    ZdtOperation,
    directive,
    require_table,
)
from alembic_zdt.operations.constraints.validation import LOOK_SECONDS
from alembic_zdt.operations.enums import enum_change
from alembic_zdt.operations.enums.add_enum_value import AddEnumValueOp
from alembic_zdt.operations.unfinished import Calls, calls_that_undo
from alembic_zdt.server_facts import EnumValues, Question, Server
from alembic_zdt.steps import Precondition, Row, SkipCondition, Step
from alembic_zdt.workflows.column_type.base import RetypeOp
from alembic_zdt.workflows.column_type.contract import ContractAlterColumnTypeOp
from alembic_zdt.workflows.column_type.expand import ExpandAlterColumnTypeOp
from alembic_zdt.workflows.column_type.migrate import MigrateAlterColumnTypeOp


class _Part(RetypeOp):
    """A phase in which the column gets an enum type that this package creates."""

    def __init__(self, *positional: Any, like: QualifiedName, **named: Any) -> None:
        super().__init__(*positional, **named)
        self._like = like

    @property
    def making(self) -> tuple[str, ...]:
        """Return the statements that create the type."""
        enum: Any = self.type
        name = enum_change.name_of(enum)
        return catalog.creating(name, enum.enums, self.table, self._like)


class _Expand(_Part, ExpandAlterColumnTypeOp):
    def _convertible(self, server: Server) -> Sequence[Precondition]:  # noqa: ARG002
        """Return no preconditions, because the rows are checked before."""
        return ()


class _Migrate(_Part, MigrateAlterColumnTypeOp):
    pass


class _Contract(_Part, ContractAlterColumnTypeOp):
    @property
    def at_the_swap(self) -> tuple[str, ...]:
        """Return statements that drop the old type and give its name to the new one."""
        enum: Any = self.type
        name = enum_change.name_of(enum)
        renaming = f"ALTER TYPE {name.sql} RENAME TO {quote(self._like.name)}"
        return f"DROP TYPE {self._like.sql}", renaming


class _Undo(ContractAlterColumnTypeOp):
    """The end of an interrupted change; the column keeps the old type."""

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the steps that close the window, then drop the new type."""
        return (*super().steps(server), self._drop_type())

    def _drop_type(self) -> Step:
        enum: Any = self.existing
        name = enum_change.name_of(enum)
        return Step(
            purpose=f'drop type "{name.label}"',
            statements=(f"DROP TYPE {name.sql}",),
            locks=(),
            skip_if=SkipCondition(
                f"(NOT {catalog.is_there(name)})", f'there is no type "{name.label}"'
            ),
        )


@directive
class RemoveEnumValueOp(TableOperation):
    """Remove a value from the enum type of a column.

    Run it when no code writes the value any more.  Rows are converted in short batches,
    and each step that blocks reads or writes needs its lock only for milliseconds.

    Args:
        column_name: the only column that has the type.
        value: the value to remove.
        existing_type: the type of the column, with all its values in their order.
        replacement: the new value of rows that have the value; without it, no row
            may have the value.

    Raises:
        UndefinedObjectError: the table, the column or the value does not exist.
        WrongObjectTypeError: the relation is not a table, but a view, for example; or
            the column has another type.
        GateClosedError: sessions of old code are connected.
        UsageError: the type has other values, rows have the value, or an object
            that depends on the column makes the server refuse the type.
        DependentObjectsError: another object uses the type, or would be lost with
            the column; all of them are listed.

    Example::

        op.remove_enum_value(
            "orders",
            "status",
            "paid",
            existing_type=sa.Enum("new", "paid", name="order_status"),
            replacement="new",
        )

    Instead of::

        op.execute("ALTER TYPE order_status RENAME TO order_status_old")
        op.execute("CREATE TYPE order_status AS ENUM ('new')")
        op.execute(
            "ALTER TABLE orders ALTER status TYPE order_status"
            " USING replace(status::text, 'paid', 'new')::order_status"
        )
        op.execute("DROP TYPE order_status_old")

    https://www.postgresql.org/docs/current/datatype-enum.html
    """

    directive = "remove_enum_value"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        value: str,
        *,
        existing_type: Enum,
        replacement: str | None = None,
        schema: str | None = None,
    ) -> None:
        self.table = QualifiedName(checked(table_name, "table"), schema)
        self.column = checked(column_name, "column")
        self.value = checked(value, "enum value")
        self.replacement = replacement
        self.existing = enum_change.checked_enum(
            existing_type, "op.remove_enum_value()"
        )
        self.enum = enum_change.name_of(self.existing)
        self.left = [label for label in self.existing.enums if label != value]
        self._refuse_values()
        # The new type takes the place of the old one, so both have one schema.
        name = distinct("zdt_enum", self.enum.name, value)
        self.new = enum_change.with_values(self.left, name, self.enum.schema)

    def _refuse_values(self) -> None:
        labels = ", ".join(self.existing.enums)
        for value in filter(None, (self.value, self.replacement)):
            if value not in self.existing.enums:
                raise UndefinedObjectError(
                    f'enum type "{self.enum.label}" has no value "{value}"',
                    detail=f"existing_type= has {labels}.",
                    hint="Correct the value, or existing_type=.",
                    enum=self.enum.label,
                )
        if self.replacement == self.value or not self.left:
            raise UsageError(
                f'"{self.value}" of enum type "{self.enum.label}" cannot be removed',
                detail="The value is its own replacement, or the only value: "
                f"{labels}.",
                hint="Choose another replacement=.",
                enum=self.enum.label,
            )

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'remove value "{self.value}" of enum "{self.enum.label}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's own call."""
        return (self.table.name, self.column, self.value), {
            "existing_type": self.existing,
            "replacement": self.replacement,
            "schema": self.table.schema,
        }

    def reverse(self) -> AddEnumValueOp:
        """Return the call that adds the value again, which does not change rows."""
        labels = list(self.existing.enums)
        at = labels.index(self.value)
        place = {"after": labels[at - 1]} if at else {"before": labels[1]}
        return AddEnumValueOp(
            self.enum.name, self.value, schema=self.enum.schema, **place
        )

    # ------------------------------------------------------------------------- parts

    def _part(self, kind: type[_Part]) -> Any:
        pairs = [(label, label) for label in self.left]
        going = [(self.value, self.replacement)] if self.replacement else []
        old, new = self.existing, self.new
        return kind(
            *(self.table.name, self.column, new),
            existing_type=old,
            using=enum_change.mapping(self.column, [*pairs, *going], old, new),
            reverse_using=enum_change.mapping(self.column, pairs, new, old),
            schema=self.table.schema,
            like=self.enum,
        )

    @property
    def is_unfinished(self) -> str:
        """Return SQL that is true while the new type has its temporary name."""
        return catalog.is_there(enum_change.name_of(self.new))

    def undo(self) -> ZdtOperation:
        """Return the call that closes the window, and keeps the old type."""
        expand: ExpandAlterColumnTypeOp = self._part(_Expand)
        return expand.backwards(_Undo)

    @property
    def _is_done(self) -> str:
        has_it = catalog.has_value(self.enum, self.value)
        return f"({catalog.is_there(self.enum)} AND NOT {has_it})"

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions for a change of the type, and for the values."""
        return (*self._part(_Contract).questions(), EnumValues(self.enum))

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a type with other values than the caller's, or with other columns."""
        require_table(self.table, server)
        found = server.answer(EnumValues(self.enum))
        if found is None or self.value in found:
            enum_change.require_values(self.existing, server, self.call)
        others = catalog.others(self.enum, self.table, self.column)
        return enum_change.require_type(self.enum, self.table, self.column), *(
            precondition.unless(self._is_done)
            for precondition in (
                *self._part(_Expand).preconditions(server),
                Precondition(others, self._has_others),
                *self._nobody_has_it(),
            )
        )

    def _nobody_has_it(self) -> Iterator[Precondition]:
        """Refuse to remove a value that rows hold, unless it has a replacement."""
        if self.replacement:
            return
        # As text: after the change, the type does not know the value.
        has_it = f"CAST({quote(self.column)} AS text) = {literal(self.value)}"
        found = f"SELECT 1 FROM {self.table.sql} WHERE {has_it} LIMIT 1"
        yield Precondition(found, self._somebody_has_it, LOOK_SECONDS)

    def _somebody_has_it(self, _rows: Sequence[Row]) -> ZdtError:
        return UsageError(
            f'rows of "{self.table.label}.{self.column}" still hold "{self.value}"',
            detail="The value cannot be removed while a row holds it.",
            hint="Pass replacement=, or change these rows first.",
            column=self.column,
        )

    def _has_others(self, rows: Sequence[Row]) -> ZdtError:
        found = "; ".join(str(row[0]) for row in rows)
        return DependentObjectsError(
            f'enum type "{self.enum.label}" has other uses than '
            f'"{self.table.label}.{self.column}"',
            detail=f"Found: {found}.",
            hint="Give each of these columns a type of its own by "
            "op.expand_alter_column_type(), or keep the value: a value that "
            "no row has does no harm.",
            enum=self.enum.label,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the steps of all three phases, skipped if the value is removed."""
        parts = (self._part(kind) for kind in (_Expand, _Migrate, _Contract))
        steps = (step for part in parts for step in part.steps(server))
        return tuple(self._unless_done(steps))

    def _unless_done(self, steps: Iterable[Step]) -> Iterator[Step]:
        for step in steps:
            yield step.skipped_also(self._is_done)


@calls_that_undo.register
def _of_removed_value(operation: RemoveEnumValueOp, database: Database) -> Calls:
    if database.holds(operation.is_unfinished):
        yield operation.undo()
