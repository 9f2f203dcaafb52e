"""Giving a constraint another name.

``RENAME CONSTRAINT`` takes ACCESS EXCLUSIVE for milliseconds.  While it waits for it,
all later queries wait in the lock queue.  So it runs with short, repeated attempts.
PostgreSQL renames the index of a unique constraint or a primary key with it.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_zdt.catalog import constraint as catalog
from alembic_zdt.catalog.windows import open_windows
from alembic_zdt.errors import DuplicateObjectError, UndefinedObjectError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked, quote
from alembic_zdt.operations.base import (
    TableOperation,
    directive,
    require_table,
)
from alembic_zdt.operations.indexes.index_ddl import kept
from alembic_zdt.operations.refusals.window_kept import none_stands
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, RelationLock, Row, SkipCondition, Step


@directive
class RenameConstraintSafelyOp(TableOperation):
    """Give a constraint another name, and its index with it.

    If the constraint has the new name already, the step is skipped.

    Args:
        constraint_name: the constraint.
        table_name: its table.
        new_constraint_name: its new name.

    Raises:
        UndefinedObjectError: no such table or constraint.
        DuplicateObjectError: something else has the new name.
        DependentObjectsError: an open window needs the constraint.

    Example::

        op.rename_constraint_safely("uq_users_mail", "users", "uq_users_email")

    Instead of::

        op.execute(
            "ALTER TABLE users RENAME CONSTRAINT uq_users_mail TO uq_users_email"
        )

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "rename_constraint_safely"

    def __init__(
        self,
        constraint_name: str,
        table_name: str,
        new_constraint_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        self.name = str(kept(constraint_name, "constraint"))
        self.new_name = str(kept(new_constraint_name, "constraint"))
        self.table = QualifiedName(checked(table_name, "table"), schema)

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return (
            f'rename constraint "{self.name}" of "{self.table.label}" to '
            f'"{self.new_name}"'
        )

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        names = (self.name, self.table.name, self.new_name)
        return names, {"schema": self.table.schema}

    def reverse(self) -> RenameConstraintSafelyOp:
        """Rename the constraint to its old name."""
        return RenameConstraintSafelyOp(
            self.new_name, self.table.name, self.name, schema=self.table.schema
        )

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require a constraint of either name that no open window needs."""
        require_table(self.table, server)
        there = f"({self._has(self.name)} OR {self._has(self.new_name)})"
        window = open_windows.stands_on_constraint(self.table, self.name)
        return (
            Precondition(f"SELECT 1 WHERE NOT {there}", self._missing),
            none_stands(window, self.purpose, self.table.schema),
        )

    def _has(self, name: str) -> str:
        return catalog.exists(name, self.table)

    def _missing(self, _rows: Sequence[Row]) -> ZdtError:
        return UndefinedObjectError(
            f'constraint "{self.name}" of "{self.table.label}" does not exist',
            detail=f'The table has no constraint "{self.new_name}" either.',
            hint="Correct the name.",
            table=self.table.label,
            constraint=self.name,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the single step that renames the constraint."""
        tree = server.table(self.table).is_partitioned
        names = f"{quote(self.name)} TO {quote(self.new_name)}"
        done = f"({self._has(self.new_name)} AND NOT {self._has(self.name)})"
        return (
            Step(
                purpose=self.purpose,
                statements=(f"ALTER TABLE {self.table.sql} RENAME CONSTRAINT {names}",),
                locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self.table, tree=tree),),
                skip_if=SkipCondition(
                    done, f'the constraint is called "{self.new_name}"'
                ),
                preconditions=(
                    Precondition(
                        f"SELECT 1 WHERE {self._has(self.new_name)}", self._taken
                    ),
                    Precondition(
                        catalog.namesakes_of_index(
                            self.name, self.table, self.new_name
                        ),
                        self._index_is_taken,
                    ),
                ),
            ),
        )

    def _index_is_taken(self, _rows: Sequence[Row]) -> ZdtError:
        return DuplicateObjectError(
            f'relation "{self.new_name}" exists already',
            detail=f'The index of constraint "{self.name}" would get the same name.',
            hint="Choose another name, or first drop or rename that relation.",
            table=self.table.label,
            constraint=self.new_name,
        )

    def _taken(self, _rows: Sequence[Row]) -> ZdtError:
        return DuplicateObjectError(
            f'constraint "{self.new_name}" of "{self.table.label}" exists already',
            detail=f'Constraint "{self.name}" exists, too.',
            hint=f'Choose another name, or drop "{self.new_name}" first.',
            table=self.table.label,
            constraint=self.new_name,
        )
