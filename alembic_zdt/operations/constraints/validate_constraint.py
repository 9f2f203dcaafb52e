"""Validating a constraint of any type.

``VALIDATE CONSTRAINT`` reads the whole table under SHARE UPDATE EXCLUSIVE, which blocks
neither reads nor writes.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from alembic_zdt.connection.driver_errors import (
    CHECK_VIOLATION,
    FOREIGN_KEY_VIOLATION,
    NOT_NULL_VIOLATION,
)
from alembic_zdt.errors import (
    CheckViolationError,
    ForeignKeyViolationError,
    NullValuesRemainError,
    UndefinedObjectError,
    ZdtError,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.base import (
    TableOperation,
    directive,
    require_table,
)
from alembic_zdt.operations.constraints.constraint_names import queued_constraint
from alembic_zdt.operations.constraints.validation import validation_steps
from alembic_zdt.operations.queueable import QueueableOperation, queueable
from alembic_zdt.server_facts import (
    ConstraintFacts,
    ConstraintQuestion,
    Question,
    Server,
    TableQuestion,
)
from alembic_zdt.steps import (
    Diagnostics,
    Precondition,
    RelationLock,
    Step,
)

_FOREIGN_KEY = "f"


@directive
@queueable("validate")
class ValidateConstraintOp(QueueableOperation, TableOperation):
    """Validate a NOT VALID constraint without blocking reads or writes.

    This is the second phase of a constraint, for teams that use two revisions.
    If the constraint is valid already, the step is skipped.  The reverse is the
    same call, which is skipped because the constraint stays valid.

    Args:
        constraint_name: a CHECK, FOREIGN KEY or (18+) NOT NULL constraint.
        table_name: its table.

    Raises:
        UndefinedObjectError: no such table or constraint.
        CheckViolationError: rows violate a CHECK.
        ForeignKeyViolationError: rows refer to rows that do not exist.
        NullValuesRemainError: rows hold NULL.

    Example::

        op.validate_constraint("fk_orders_user_id", "orders")

    Instead of::

        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_user_id")

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "validate_constraint"

    def __init__(
        self,
        constraint_name: str,
        table_name: str,
        *,
        schema: str | None = None,
        mode: Literal["inline", "background"] = "inline",
        window: str | None = None,
        approve: bool = False,
    ) -> None:
        self.name = checked(constraint_name, "constraint")
        self.table = QualifiedName(table_name, schema)
        self.by_mode(mode, window, approve)

    @property
    def queue_object(self) -> str:
        """Return the name of the constraint after that of its table."""
        return queued_constraint(self.table, self.name)

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'validate constraint "{self.name}" on "{self.table.label}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        return (self.name, self.table.name), {"schema": self.table.schema}

    def reverse(self) -> ValidateConstraintOp:
        """Return the same operation, because a valid constraint stays valid."""
        return self.inline()

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the table and the constraint."""
        return TableQuestion(self.table), self._question

    @property
    def _question(self) -> ConstraintQuestion:
        return ConstraintQuestion(self.table, self.name)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the table and the constraint exist."""
        require_table(self.table, server)
        if server.online and server.answer(self._question) is None:
            raise UndefinedObjectError(
                f'constraint "{self.name}" of table "{self.table.label}" '
                "does not exist",
                detail="There is nothing to validate.",
                hint="Correct the name, or first create the constraint, for example "
                "with op.create_check_constraint_two_phase() and validate=False.",
                constraint=self.name,
            )
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """Validate the constraint leaf by leaf, then on the table."""
        facts = server.answer(self._question)
        return validation_steps(
            self.name,
            self.table,
            server.table(self.table),
            also=tuple(_referent_lock(facts)),
            explain={
                CHECK_VIOLATION: self._violated(CheckViolationError),
                FOREIGN_KEY_VIOLATION: self._violated(ForeignKeyViolationError),
                NOT_NULL_VIOLATION: self._violated(NullValuesRemainError),
            },
        )

    def _violated(self, error: type[ZdtError]) -> Any:
        def explained(found: Diagnostics) -> ZdtError:
            detail = f" {found.detail}" if found.detail else ""
            return error(
                f'rows of "{self.table.label}" violate "{self.name}"',
                detail=f"The server reported: {found.message}.{detail}",
                hint="Correct these rows, then run the same command again.",
                table=self.table.label,
            )

        return explained


def _referent_lock(facts: ConstraintFacts | None) -> Iterator[RelationLock]:
    if facts is not None and facts.referent is not None:
        yield RelationLock(
            LockMode.ROW_SHARE, facts.referent, tree=facts.referent_is_partitioned
        )
