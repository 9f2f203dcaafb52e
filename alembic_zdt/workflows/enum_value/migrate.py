"""Fill the column with the new name of an enum value in existing rows.

What can still go wrong: an index or a CHECK constraint whose definition names a value
is refused.  Create it on the new column yourself.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Enum

from alembic_zdt.backfill.triggers import checked_triggers
from alembic_zdt.operations.base import directive
from alembic_zdt.workflows.column_type.migrate import MigrateAlterColumnTypeOp
from alembic_zdt.workflows.enum_value.renamed_value import RenameEnumValueOp

if TYPE_CHECKING:
    from alembic.operations import Operations


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

        This is the second of three phases.  Rows are filled in short batches, as
        ``op.backfill()`` does.  Then NOT NULL, CHECK constraints, indexes and extended
        statistics of the old column are copied to the new one, without blocking reads
        or writes.

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
            UndefinedObjectError: the table, the column or the expand is missing.
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
        """Return the arguments of the caller's own call."""
        names, options = super().arguments()
        copied = None if self.copy_indexes else False
        chosen = {"copy_indexes": copied, "triggers": self.triggers or None}
        return names, {**options, **chosen}
