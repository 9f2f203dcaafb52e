"""Rename a value of an enum while code uses either name.

``ALTER TYPE ... RENAME VALUE`` takes milliseconds, and code with the old name fails
from then on.  A column cannot show one row as ``paid`` to old code and as ``settled``
to new code.  So new code gets a column of its own.  The *expand* creates a type with
the new name, and a twin of that type.  The *migrate* fills the twin.  Both run before
the new code is deployed.  After every old process has ended, the *contract* drops the
old column, and the old type if no other object uses it.

What can still go wrong: an index or a CHECK constraint whose definition names a value
is refused.  Create it on the new column yourself.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_zdt.operations.base import directive
from alembic_zdt.operations.enums import enum_change
from alembic_zdt.server_facts import EnumValues, Question, Server
from alembic_zdt.steps import Precondition
from alembic_zdt.workflows.column_type.expand import ExpandAlterColumnTypeOp
from alembic_zdt.workflows.enum_value.base import RenameEnumValueOp


@directive
class ExpandRenameEnumValueOp(RenameEnumValueOp, ExpandAlterColumnTypeOp):
    """Begin to rename a value of an enum: the first of three phases.

    It creates a type with the new name, and a twin of the column with that type.  A
    trigger keeps both columns equal, whichever of them code writes.  Continue with
    ``op.migrate_rename_enum_value()`` and ``op.contract_rename_enum_value()``, with
    the same arguments.

    Args:
        column_name: the column; one call for each column of the type.
        new_column_name: the column in which new code finds the new name.
        new_enum_name: the type of that column, created if it does not exist; it
            gets owner, comment and rights of the old one.

    Raises:
        UndefinedObjectError: the table, the column or the value does not exist.
        WrongObjectTypeError: the relation is not a table, but a view, for example; or
            the column has another type.
        UsageError: the type has other values, or an object that depends on the
            column makes the server refuse the type.
        DuplicateObjectError: another column has the new name.
        PreconditionError: rows cannot be updated for lack of a replica identity.
        DependentObjectsError: an object makes a twin impossible, or would be lost
            with the original; all of them are listed.

    https://www.postgresql.org/docs/current/sql-altertype.html
    """

    directive = "expand_rename_enum_value"

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'begin to rename value "{self.value}" of "{self.label}"'

    def questions(self) -> Sequence[Question[Any]]:
        """Add the questions for the values of both types."""
        enums = (self.old_enum, self.new_enum)
        values = (EnumValues(enum_change.name_of(enum)) for enum in enums)
        return (*super().questions(), *values)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse types whose values differ from the caller's."""
        for enum in (self.old_enum, self.new_enum):
            enum_change.require_values(enum, server, self.call)
        old = enum_change.name_of(self.old_enum)
        return (
            enum_change.require_type(old, self.table, self.column),
            *super().preconditions(server),
        )

    def _convertible(self, server: Server) -> Sequence[Precondition]:  # noqa: ARG002
        """Return no preconditions, because each value has a counterpart."""
        return ()
