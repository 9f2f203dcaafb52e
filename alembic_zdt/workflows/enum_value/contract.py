"""The end of a rename of an enum value: the column with one of the names stays.

The type of the dropped column is dropped with it, if no other object uses that type.

``op.expand_rename_enum_value()`` explains all phases.

What can still go wrong: the column becomes the last one of the table.

https://www.postgresql.org/docs/current/sql-droptype.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Enum

from alembic_zdt.operations import enum_change
from alembic_zdt.operations._mentions import ignored_names
from alembic_zdt.operations.base import directive
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Step
from alembic_zdt.workflows.column_type.contract import ContractAlterColumnTypeOp
from alembic_zdt.workflows.enum_value.renamed_value import RenameEnumValueOp

if TYPE_CHECKING:
    from alembic.operations import Operations


@directive
class ContractRenameEnumValueOp(RenameEnumValueOp, ContractAlterColumnTypeOp):
    """The operation behind ``op.contract_rename_enum_value()``."""

    directive = "contract_rename_enum_value"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        value: str,
        new_value: str,
        *,
        ignore_mentions: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(table_name, column_name, value, new_value, **options)
        self.outdated = replace(self.outdated, ignored=ignored_names(ignore_mentions))

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's own call."""
        positional, named = super().arguments()
        ignored = list(self.outdated.ignored) or None
        return positional, named | {"ignore_mentions": ignored}

    @classmethod
    def contract_rename_enum_value(
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
        ignore_mentions: Sequence[str] | None = None,
        schema: str | None = None,
    ) -> None:
        """Keep only the column with the new name: the last of three phases.

        Run it after every old process has ended.  With all names the other way round it
        keeps the old column.  That call is the downgrade of
        ``op.expand_rename_enum_value()``, at any time before the contract.

        Args:
            table_name: the table.
            column_name: the column that is dropped.
            value: the value's name in that column.
            new_value: the name that stays.
            existing_type: the type of the dropped column, with all its values in their
                order; dropped with it, unless another object uses it.
            new_column_name: the column that stays.
            new_enum_name: its type.
            ignore_mentions: names of functions and triggers whose text names the
                dropped column, but that do not fail without it.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: the table does not exist, or the expand is missing.
            GateClosedError: not every row is proven to have the new column, or sessions
                from before the expand are connected.
            DependentObjectsError: an object depends on the dropped column and would
                be lost; or a function still names it.
            LockNotAvailableError: the lock was not available in time.

        Example::

            op.contract_rename_enum_value(
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
                ignore_mentions=ignore_mentions,
                schema=schema,
            )
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the steps of a change of the type, and drop the old type last."""
        return (*super().steps(server), enum_change.dropping_step(self.old_enum))
