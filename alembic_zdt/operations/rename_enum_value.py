"""Another name for a value of an enum, while code for either name is alive.

``ALTER TYPE ... RENAME VALUE`` takes a moment, and in that moment code that still says
the old name begins to fail.  A column cannot show one row as ``paid`` to old code and
as ``settled`` to new code, so the new code gets a column of its own: *expand* makes a
type with the new name and a twin of that type, and *migrate* fills it, both before the
new code is deployed.  After every old process is gone, *contract* drops the old column,
and the old type when nothing else has it.

What can still go wrong: an index or a CHECK constraint whose definition names a value
is refused; make it on the new column yourself.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Enum

from alembic_zdt.backfill.triggers import checked_triggers
from alembic_zdt.catalog import enum as catalog
from alembic_zdt.errors import UndefinedObjectError, UsageError
from alembic_zdt.facts import EnumValues, Question, Server
from alembic_zdt.names import checked
from alembic_zdt.operations import _enum_change as change
from alembic_zdt.operations._base import ZdtOperation, directive
from alembic_zdt.operations._retyping import RetypeOp
from alembic_zdt.operations.alter_column_type import ExpandAlterColumnTypeOp
from alembic_zdt.operations.alter_column_type_migrate import MigrateAlterColumnTypeOp
from alembic_zdt.steps import Precondition

if TYPE_CHECKING:
    from alembic.operations import Operations


class RenameEnumValueOp(RetypeOp):
    """A column, a value of its type, and the names that value and type get.

    Args:
        table_name: the table.
        column_name: the column.
        value: the value.
        new_value: its new name.
        existing_type: the type of the column, with all values in their order.
        new_column_name: the column in which the value has the new name.
        new_enum_name: the type of that column.
        schema: the table's schema, default: by search_path.
    """

    workflow = "rename_enum_value"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        value: str,
        new_value: str,
        *,
        existing_type: Enum,
        new_column_name: str,
        new_enum_name: str,
        schema: str | None = None,
    ) -> None:
        self.value = checked(value, "enum value")
        self.new_value = checked(new_value, "enum value")
        old = change.checked_enum(existing_type, f"op.{self.directive}()")
        self._refuse_values(old)
        renamed = [new_value if label == value else label for label in old.enums]
        new = change.with_values(renamed, new_enum_name, old.schema)
        self.old_enum, self.new_enum = old, new
        pairs = list(zip(old.enums, renamed, strict=True))
        back = [(b, a) for a, b in pairs]
        super().__init__(
            table_name,
            column_name,
            new,
            new_column_name=new_column_name,
            existing_type=old,
            using=change.mapping(column_name, pairs, old, new),
            reverse_using=change.mapping(new_column_name, back, new, old),
            schema=schema,
        )
        if not self.is_renamed or new_enum_name == old.name:
            raise UsageError(
                f'"{self.words}" and its type need new names',
                detail="While both values are in use, each of them is in a column of "
                "its own, and of a type of its own.",
                hint="Pass another new_column_name= and new_enum_name=.",
                column=self.column,
            )

    def _refuse_values(self, enum: Enum) -> None:
        labels = ", ".join(enum.enums)
        if self.value not in enum.enums:
            raise UndefinedObjectError(
                f'enum type "{enum.name}" has no value "{self.value}"',
                detail=f"existing_type= has {labels}.",
                hint="Correct the value, or existing_type=.",
                enum=str(enum.name),
            )
        if self.new_value in enum.enums:
            raise UsageError(
                f'enum type "{enum.name}" has "{self.new_value}" already',
                detail=f"existing_type= has {labels}.",
                hint="Choose another new_value.",
                enum=str(enum.name),
            )

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        names = (self.table.name, self.column, self.value, self.new_value)
        return names, {
            "existing_type": self.old_enum,
            "new_column_name": self.new_column,
            "new_enum_name": self.new_enum.name,
            "schema": self.table.schema,
        }

    def backwards(self, phase: str) -> ZdtOperation:
        """A phase of the opposite change."""
        return self._made(
            phase,
            *(self.table.name, self.new_column, self.new_value, self.value),
            existing_type=self.new_enum,
            new_column_name=self.column,
            new_enum_name=self.old_enum.name,
            schema=self.table.schema,
        )

    @property
    def making(self) -> tuple[str, ...]:
        """The statements that make the new type."""
        old, new = change.name_of(self.old_enum), change.name_of(self.new_enum)
        return catalog.creating(new, self.new_enum.enums, self.table, old)


@directive
class ExpandRenameEnumValueOp(RenameEnumValueOp, ExpandAlterColumnTypeOp):
    """The operation behind ``op.expand_rename_enum_value()``."""

    directive = "expand_rename_enum_value"

    @classmethod
    def expand_rename_enum_value(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        value: str,
        new_value: str,
        *,
        existing_type: Enum,
        new_column_name: str,
        new_enum_name: str,
        schema: str | None = None,
    ) -> None:
        """Begin to rename a value of an enum: the first of three phases.

        Makes a type with the new name, a twin of the column of that type, and a
        trigger that keeps the two equal whichever of them is written.  Go on with
        ``op.migrate_rename_enum_value()`` and ``op.contract_rename_enum_value()``,
        with the same arguments.

        Args:
            table_name: the table.
            column_name: the column; one call for each column of the type.
            value: the value.
            new_value: its new name.
            existing_type: the type of the column, with all its values in their order.
            new_column_name: the column in which new code finds the new name.
            new_enum_name: the type of that column, made if it is not there; it gets
                owner, comment and rights of the old one.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such table, column or value.
            UsageError: the type has other values, or the server refuses it for what
                depends on the column.
            DuplicateObjectError: there is a column of the new name.
            DependentObjectsError: something makes a twin impossible, or would be lost
                with the original; all of it is listed.
            LockNotAvailableError: the lock could not be had in time.

        Example::

            op.expand_rename_enum_value(
                "orders",
                "status",
                "paid",
                "settled",
                existing_type=sa.Enum("new", "paid", name="order_status"),
                new_column_name="state",
                new_enum_name="order_state",
            )

        Instead of::

            op.execute("ALTER TYPE order_status RENAME VALUE 'paid' TO 'settled'")
            op.execute("ALTER TYPE order_status RENAME TO order_state")
            op.alter_column("orders", "status", new_column_name="state")

        https://www.postgresql.org/docs/current/sql-altertype.html
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                value,
                new_value,
                existing_type=existing_type,
                new_column_name=new_column_name,
                new_enum_name=new_enum_name,
                schema=schema,
            )
        )

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'begin to rename value "{self.value}" of "{self.words}"'

    def questions(self) -> Sequence[Question[Any]]:
        """The values of both types, too."""
        enums = (self.old_enum, self.new_enum)
        values = (EnumValues(change.name_of(enum)) for enum in enums)
        return (*super().questions(), *values)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """The types must have the values that the caller says."""
        for enum in (self.old_enum, self.new_enum):
            change.require_values(enum, server, self.call)
        return super().preconditions(server)

    def _convertible(self, server: Server) -> Sequence[Precondition]:  # noqa: ARG002
        """Nothing: each value has another one, and the type is not there yet."""
        return ()


@directive
class MigrateRenameEnumValueOp(RenameEnumValueOp, MigrateAlterColumnTypeOp):
    """The operation behind ``op.migrate_rename_enum_value()``."""

    directive = "migrate_rename_enum_value"

    def __init__(
        self,
        *names: str,
        copy_indexes: bool = True,
        triggers: Literal["fire", "skip"] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*names, **options)
        self.copy_indexes = copy_indexes
        self.triggers = checked_triggers(triggers)

    @classmethod
    def migrate_rename_enum_value(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        value: str,
        new_value: str,
        *,
        existing_type: Enum,
        new_column_name: str,
        new_enum_name: str,
        copy_indexes: bool = True,
        triggers: Literal["fire", "skip"] | None = None,
        schema: str | None = None,
    ) -> None:
        """Fill the column with the new name, and prove that every row has it.

        The second of three phases.  Rows are filled in short batches, as
        ``op.backfill()`` does it; then NOT NULL, CHECK constraints, indexes and
        extended statistics are made on the new column as they are on the old one,
        without blocking reads or writes.

        Args:
            table_name: the table.
            column_name: the column.
            value: the value.
            new_value: its new name.
            existing_type: the type of the column, with all its values in their order.
            new_column_name: the column with the new name.
            new_enum_name: its type.
            copy_indexes: False leaves indexes and extended statistics to the contract.
            triggers: as in ``op.backfill()``.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such table or column, or the expand is missing.
            UsageError: the server refuses the type for an object that depends on it.
            LockNotAvailableError: rows stay locked.

        Example::

            op.migrate_rename_enum_value(
                "orders",
                "status",
                "paid",
                "settled",
                existing_type=sa.Enum("new", "paid", name="order_status"),
                new_column_name="state",
                new_enum_name="order_state",
            )

        Instead of::

            op.execute("ALTER TYPE order_status RENAME VALUE 'paid' TO 'settled'")
            op.execute("ALTER TYPE order_status RENAME TO order_state")
            op.alter_column("orders", "status", new_column_name="state")

        https://www.postgresql.org/docs/current/sql-altertype.html
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                value,
                new_value,
                existing_type=existing_type,
                new_column_name=new_column_name,
                new_enum_name=new_enum_name,
                copy_indexes=copy_indexes,
                triggers=triggers,
                schema=schema,
            )
        )

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        names, options = super().arguments()
        copied = None if self.copy_indexes else False
        chosen = {"copy_indexes": copied, "triggers": self.triggers or None}
        return names, {**options, **chosen}
