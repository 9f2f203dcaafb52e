"""The common part of the two phases of a rename of a table.

``op.expand_rename_table()`` explains all phases.
https://www.postgresql.org/docs/current/sql-createview.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.server_facts import Question, TableQuestion


class RenameTableOp(ZdtOperation):
    """A rename of a table.

    Args:
        old_table_name: the old name.
        new_table_name: the new name.
        schema: the table's schema, default: by search_path.

    Raises:
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.<directive>("orders", "purchases")

    Instead of::

        op.rename_table("orders", "purchases")
    """

    def __init__(
        self, old_table_name: str, new_table_name: str, *, schema: str | None = None
    ) -> None:
        self.old = QualifiedName(checked(old_table_name, "table"), schema)
        self.new = QualifiedName(checked(new_table_name, "table"), schema)
        if self.old == self.new:
            raise UsageError(
                f'"{self.old.label}" has that name already',
                detail="The old and the new name are the same.",
                hint="Pass another new_table_name.",
            )

    @property
    def subject(self) -> str:
        """Return the old name of the table."""
        return self.old.label

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's own call."""
        return (self.old.name, self.new.name), {"schema": self.old.schema}

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions for the relations with the two names."""
        return TableQuestion(self.old), TableQuestion(self.new)
