"""NOT NULL on an existing column, in two phases.

``SET NOT NULL`` reads the whole table under ACCESS EXCLUSIVE, unless a valid CHECK
constraint proves already that there is no NULL.  So the directive adds that CHECK as
NOT VALID and validates it, which blocks neither reads nor writes.  Then SET NOT NULL
takes milliseconds, and the CHECK is dropped.  From PostgreSQL 18 on, NOT NULL itself
can be added as NOT VALID and validated, with one short ACCESS EXCLUSIVE lock instead of
two.

What can still go wrong: after the first step, every update of a row that holds NULL
fails.  So fill the column first, or let ``backfill=`` do it.  The directive refuses if
it finds NULLs.  It undoes the first step if the validation finds one.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ClauseElement

from alembic_zdt.connection.driver_errors import INVALID_TABLE_DEFINITION
from alembic_zdt.errors import DependentObjectsError, ZdtError
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.backfill_step import expression
from alembic_zdt.operations.base import (
    TableOperation,
    directive,
    require_columns,
    require_table,
)
from alembic_zdt.operations.constraints.not_null_steps import NotNullSteps
from alembic_zdt.server_facts import Question, Server
from alembic_zdt.steps import Diagnostics, Precondition, Step


@directive
class AddNotNullTwoPhaseOp(TableOperation):
    """Set NOT NULL on a column without blocking reads or writes.

    Refuses if the column holds NULLs.  If a valid CHECK constraint proves already
    that there are none, it is used.

    Args:
        column_name: the column; fill it first.
        backfill: an SQL expression over the columns of the row, as text or as a
            SQLAlchemy construct, that fills the NULLs first, as ``op.backfill()``
            does.  New rows must already get a value, for example from a default.

    Raises:
        UndefinedObjectError: no such table or column.
        DuplicateObjectError: another constraint has the name.
        NullValuesRemainError: the column holds NULLs.
        UsageError: the expression is wrong, or the column cannot be set.

    Example::

        op.add_not_null_two_phase("users", "email")

    Instead of::

        op.alter_column("users", "email", nullable=False)

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "add_not_null_two_phase"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        backfill: str | ClauseElement | None = None,
        schema: str | None = None,
    ) -> None:
        self.table = QualifiedName(table_name, schema)
        self.column = checked(column_name, "column")
        self.backfill = backfill
        value = "" if backfill is None else expression(backfill)
        self.recipe = NotNullSteps(self.table, self.column, value)

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return self.recipe.purpose

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        options = {"backfill": self.backfill, "schema": self.table.schema}
        return (self.table.name, self.column), options

    def reverse(self) -> DropNotNullOp:
        """Allow NULL in the column again."""
        table, column = self.table, self.column
        return DropNotNullOp(table.name, column, schema=table.schema)

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the table and its constraints."""
        return self.recipe.questions()

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the table and the column exist."""
        facts = require_table(self.table, server)
        require_columns(self.table, facts, (self.column,), server)
        return self.recipe.preconditions()

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the shortest steps that this server supports."""
        return self.recipe.steps(server)


@directive
class DropNotNullOp(TableOperation):
    """Allow NULL in a column, with short, repeated lock attempts.

    If the column takes NULL already, the step is skipped.

    Raises:
        UndefinedObjectError: no such table or column.
        DependentObjectsError: the column is part of the primary key.

    Example::

        op.drop_not_null("users", "email")

    Instead of::

        op.alter_column("users", "email", nullable=True)

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "drop_not_null"

    def __init__(
        self, table_name: str, column_name: str, *, schema: str | None = None
    ) -> None:
        self.table = QualifiedName(table_name, schema)
        self.column = checked(column_name, "column")

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'drop NOT NULL of "{self.table.label}.{self.column}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        return (self.table.name, self.column), {"schema": self.table.schema}

    def reverse(self) -> AddNotNullTwoPhaseOp:
        """Set NOT NULL again, in two phases."""
        table, column = self.table, self.column
        return AddNotNullTwoPhaseOp(table.name, column, schema=table.schema)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the table and the column exist."""
        facts = require_table(self.table, server)
        require_columns(self.table, facts, (self.column,), server)
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the single step that drops NOT NULL."""
        dropping = NotNullSteps(self.table, self.column).drop(server.table(self.table))
        return (replace(dropping, explain={INVALID_TABLE_DEFINITION: self._in_key}),)

    def _in_key(self, found: Diagnostics) -> ZdtError:
        return DependentObjectsError(
            f"cannot {self.purpose}",
            detail=f"The server reported: {found.message}.",
            hint="First drop what needs NOT NULL, for example the primary key, with "
            "op.drop_constraint_safely().",
            column=self.column,
        )
