"""The end of a rename of an enum value: the column with one of the names stays.

The type of the dropped column is dropped with it, if no other object uses that type.

``op.expand_rename_enum_value()`` explains all phases.

What can still go wrong: the column becomes the last one of the table.

https://www.postgresql.org/docs/current/sql-droptype.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.operations.base import directive
from alembic_zdt.operations.enums import enum_change
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Step
from alembic_zdt.workflows.column_type.contract import ContractAlterColumnTypeOp
from alembic_zdt.workflows.enum_value.base import RenameEnumValueOp


@directive
class ContractRenameEnumValueOp(RenameEnumValueOp, ContractAlterColumnTypeOp):
    """Keep only the column with the new name: the last of three phases.

    Run it after every old process has ended.  With all names exchanged it keeps the
    old column.  That call is the downgrade of ``op.expand_rename_enum_value()``, at any
    time before the contract.

    Args:
        column_name: the column that is dropped.
        value: the value's name in that column.
        new_value: the name that stays.
        existing_type: the type of the dropped column, with all its values in their
            order; dropped with it, unless another object uses it.
        new_column_name: the column that stays.
        ignore_mentions: names of functions and triggers whose text names the
            dropped column, but that do not fail without it.

    Raises:
        UndefinedObjectError: the table does not exist, or the expand is missing.
        UsageError: the value or ``existing_type`` does not fit the column's type.
        GateClosedError: not every row is proven to have the new column, or sessions
            from before the expand are connected.
        DependentObjectsError: an object depends on the dropped column and would
            be lost; or a function still names it.

    https://www.postgresql.org/docs/current/sql-altertype.html
    """

    directive = "contract_rename_enum_value"

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the steps of a change of the type, and drop the old type last."""
        return (*super().steps(server), enum_change.dropping_step(self.old_enum))
