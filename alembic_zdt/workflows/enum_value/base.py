"""The common part of the three phases of a rename of an enum value.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Enum

from alembic_zdt.catalog import enum as catalog
from alembic_zdt.errors import UndefinedObjectError, UsageError
from alembic_zdt.names import checked
from alembic_zdt.operations.enums import enum_change
from alembic_zdt.workflows.column_type.base import MakesPhase, Phases, RetypeOp
from alembic_zdt.workflows.phase_options import Arguments


class RenameEnumValueOp(RetypeOp):
    """A rename of a value of a column's enum type.

    Args:
        value: the value.
        new_value: its new name.
        existing_type: the type of the column, with all its values in their order.
        new_column_name: the column with the new name.
        new_enum_name: the type of that column.

    Example::

        op.<directive>(
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
    """

    hidden_arguments: ClassVar = {"type_", "using", "reverse_using", "on_conflict"}

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
        **options: Any,
    ) -> None:
        self.value = checked(value, "enum value")
        self.new_value = checked(new_value, "enum value")
        old = enum_change.checked_enum(existing_type, f"op.{self.directive}()")
        self._refuse_values(old)
        renamed = [new_value if label == value else label for label in old.enums]
        new = enum_change.with_values(renamed, new_enum_name, old.schema)
        self.old_enum, self.new_enum = old, new
        pairs = list(zip(old.enums, renamed, strict=True))
        back = [(b, a) for a, b in pairs]
        super().__init__(
            table_name,
            column_name,
            new,
            new_column_name=new_column_name,
            existing_type=old,
            using=enum_change.mapping(column_name, pairs, old, new),
            reverse_using=enum_change.mapping(new_column_name, back, new, old),
            schema=schema,
            **options,
        )
        if not self.is_renamed or new_enum_name == old.name:
            raise UsageError(
                f'the column that replaces "{self.label}", and its type, need other '
                "names",
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

    def shared_arguments(self) -> Arguments:
        """Return the arguments that all phases have."""
        names = (self.table.name, self.column, self.value, self.new_value)
        return names, {
            "existing_type": self.old_enum,
            "new_column_name": self.new_column,
            "new_enum_name": self.new_enum.name,
            "schema": self.table.schema,
        }

    @property
    def phases(self) -> Phases:
        """Return the operations of the three phases."""
        from alembic_zdt.workflows.enum_value import (  # noqa: PLC0415  # they import us
            contract,
            expand,
            migrate,
        )

        return Phases(
            expand.ExpandRenameEnumValueOp,
            migrate.MigrateRenameEnumValueOp,
            contract.ContractRenameEnumValueOp,
        )

    def backwards(self, make: MakesPhase) -> RetypeOp:
        """Return a phase of the opposite change."""
        return make(
            *(self.table.name, self.new_column, self.new_value, self.value),
            existing_type=self.new_enum,
            new_column_name=self.column,
            new_enum_name=self.old_enum.name,
            schema=self.table.schema,
        )

    @property
    def making(self) -> tuple[str, ...]:
        """Return the statements that create the new type."""
        old, new = (
            enum_change.name_of(self.old_enum),
            enum_change.name_of(self.new_enum),
        )
        return catalog.creating(new, self.new_enum.enums, self.table, old)
