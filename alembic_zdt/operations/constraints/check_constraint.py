"""Adding a CHECK constraint in two phases.

``ADD CONSTRAINT ... CHECK`` reads the whole table under ACCESS EXCLUSIVE, which blocks
reads and writes until it ends.  With ``NOT VALID`` it takes milliseconds, and the
constraint holds for new rows from then on.  ``VALIDATE CONSTRAINT`` then reads the old
rows under SHARE UPDATE EXCLUSIVE, which blocks neither reads nor writes.

What can still go wrong: while the constraint is NOT VALID, *every* update of an old row
that violates it fails, whichever column it changes.  So the directive looks for such
rows first.  It drops the constraint again if the validation finds one.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_zdt.catalog import constraint as catalog
from alembic_zdt.connection.driver_errors import CHECK_VIOLATION
from alembic_zdt.errors import CheckViolationError, DuplicateObjectError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.base import (
    TableOperation,
    directive,
    require_table,
)
from alembic_zdt.operations.calls.sql_text import sql_text
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.constraints.constraint_names import as_given, final_name
from alembic_zdt.operations.constraints.existing_constraint import (
    DropConstraintSafelyOp,
)
from alembic_zdt.operations.constraints.validation import (
    LOOK_SECONDS,
    MOST_COUNTED,
    validation_steps,
)
from alembic_zdt.server_facts import (
    CanonicalCheck,
    Question,
    Server,
    TableFacts,
    TableQuestion,
)
from alembic_zdt.steps import (
    Diagnostics,
    Precondition,
    RelationLock,
    Row,
    SkipCondition,
    Step,
)

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import ColumnElement, TextClause


@directive
class CreateCheckConstraintTwoPhaseOp(TableOperation):
    """The operation behind ``op.create_check_constraint_two_phase()``."""

    directive = "create_check_constraint_two_phase"

    def __init__(  # Alembic's arguments
        self,
        constraint_name: str | None,
        table_name: str,
        condition: str | ColumnElement[bool] | TextClause,
        *,
        schema: str | None = None,
        validate: bool = True,
        context: Any = None,
    ) -> None:
        stock = ops.CreateCheckConstraintOp(
            constraint_name, table_name, condition, schema=schema
        )
        self.table = QualifiedName(table_name, schema)
        self.name = final_name(stock.to_constraint(context), self.table)
        self.given_name = constraint_name
        self.condition = written(condition)
        self.validate = validate

    @classmethod
    def create_check_constraint_two_phase(
        cls,
        operations: Operations,
        constraint_name: str | None,
        table_name: str,
        condition: str | ColumnElement[bool] | TextClause,
        *,
        schema: str | None = None,
        validate: bool = True,
    ) -> None:
        """Add a CHECK constraint without blocking reads or writes.

        Refuses if rows violate the condition already.  If the validation finds such a
        row, the constraint is dropped again, because every update of the row would
        fail.

        Args:
            condition: an SQL expression as text, ``sa.text()`` or a construct.
            validate: False leaves it NOT VALID, for
                ``op.validate_constraint()`` in a later revision.

        Raises:
            UndefinedObjectError: no such table.
            UsageError: the constraint has no name.
            DuplicateObjectError: another constraint has the name.
            CheckViolationError: rows violate the condition.

        Example::

            op.create_check_constraint_two_phase(
                "ck_orders_total_positive", "orders", "total >= 0"
            )

        Instead of::

            op.create_check_constraint(
                "ck_orders_total_positive", "orders", "total >= 0"
            )

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        operation = cls(
            constraint_name,
            table_name,
            condition,
            schema=schema,
            validate=validate,
            context=operations.migration_context,
        )
        operations.invoke(operation)

    @classmethod
    def from_stock(
        cls, stock: ops.CreateCheckConstraintOp
    ) -> CreateCheckConstraintTwoPhaseOp:
        """Build the safe operation for Alembic's ``create_check_constraint()``."""
        name = stock.constraint_name
        return cls(
            name if isinstance(name, str) else None,
            stock.table_name,
            stock.condition,
            schema=stock.schema,
        )

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'create check constraint "{self.name}" on "{self.table.label}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        validate = None if self.validate else False
        named = {"schema": self.table.schema, "validate": validate}
        name = as_given(self.name, self.given_name)
        return (name, self.table.name, self.condition), named

    def reverse(self) -> DropConstraintSafelyOp:
        """Drop the constraint with short, repeated lock attempts."""
        name = as_given(self.name, self.given_name)
        return DropConstraintSafelyOp(
            name, self.table.name, "check", schema=self.table.schema, create=self
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the table and the spelling of the constraint."""
        return TableQuestion(self.table), self._canonical

    @property
    def _canonical(self) -> CanonicalCheck:
        return CanonicalCheck(self.table, self.name, self.condition)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the table exists."""
        require_table(self.table, server)
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """Add the constraint as NOT VALID, then validate it."""
        facts = server.table(self.table)
        canonical = server.answer(self._canonical)
        adding = add_check_step(
            self.name,
            self.table,
            self.condition,
            facts,
            canonical,
            preconditions=(self._no_violations(),),
        )
        if not self.validate:
            return (adding,)
        validating = validation_steps(
            self.name,
            self.table,
            facts,
            explain={CHECK_VIOLATION: lambda _found: self._violated(())},
            on_failure=self._take_back,
        )
        return adding, *validating

    def _no_violations(self) -> Precondition:
        return Precondition(
            "SELECT pg_catalog.count(*) FROM (SELECT 1"
            f" FROM {self.table.sql} WHERE NOT ({self.condition})"
            f" LIMIT {MOST_COUNTED}) violating"
            " HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0",
            self._violated,
            max_seconds=LOOK_SECONDS,
            as_written=True,
        )

    def _violated(self, rows: Sequence[Row]) -> ZdtError:
        count = rows[0][0] if rows else 0
        found = "At least one row violates" if not rows else _counted(count)
        return CheckViolationError(
            f'rows of "{self.table.label}" violate "{self.name}"',
            detail=f"{found} CHECK ({self.condition}). The constraint was not kept: "
            "it would make every update of such a row fail.",
            hint=f"Correct the rows (SELECT * FROM {self.table.sql} WHERE NOT "
            f"({self.condition})), then run the same command again.",
            table=self.table.label,
            count=count,
        )

    def _take_back(self, server: Server, found: Diagnostics) -> Sequence[Step]:
        if found.sqlstate != CHECK_VIOLATION:
            return ()
        return self.reverse().steps(server)


def _counted(count: int) -> str:
    if count >= MOST_COUNTED:
        return f"More than {MOST_COUNTED - 1} rows violate"
    return "1 row violates" if count == 1 else f"{count} rows violate"


def add_check_step(
    name: str,
    table: QualifiedName,
    condition: str,
    facts: TableFacts,
    canonical: str | None,
    done: str = "",
    preconditions: tuple[Precondition, ...] = (),
) -> Step:
    """Build the step that adds a CHECK as NOT VALID, for new rows only.

    Args:
        name: the name of the constraint.
        table: the table, with all its partitions if it has any.
        condition: an SQL expression.
        facts: the facts of the table.
        canonical: the server's spelling of the constraint, when known.
        done: another condition under which there is nothing to do.
        preconditions: more preconditions of the step.
    """
    there = catalog.exists(name, table, *catalog.spelled(canonical))
    adding = f"ADD CONSTRAINT {quote(name)} CHECK ({condition}) NOT VALID"
    lock = RelationLock(LockMode.ACCESS_EXCLUSIVE, table, tree=facts.is_partitioned)
    return Step(
        purpose=f'add check constraint "{name}" as NOT VALID',
        statements=(f"ALTER TABLE {table.sql} {adding}",),
        locks=(lock,),
        skip_if=SkipCondition(
            f"({there} OR {done})" if done else there,
            f'constraint "{name}" is there',
            by_name=canonical is None and not done,
        ),
        preconditions=(
            name_is_free(name, table, f"CHECK ({condition})"),
            *preconditions,
        ),
    )


def name_is_free(name: str, table: QualifiedName, wanted: str) -> Precondition:
    """Refuse a name that another constraint of the table has."""
    where = {"schema": table.schema}
    drop = written_call("drop_constraint_safely", [name, table.name], where)

    def taken(rows: Sequence[Row]) -> ZdtError:
        return DuplicateObjectError(
            f'constraint "{name}" of "{table.label}" exists with another definition',
            detail=f"There is: {rows[0][0]}. Wanted: {wanted}.",
            hint=f"Choose another name, or drop it first with {drop}.",
            name=name,
        )

    return Precondition(catalog.namesakes(name, table), taken)


def written(condition: Any) -> str:
    """Return an SQL expression as text."""
    if isinstance(condition, str):
        return str(condition)
    return sql_text(condition)
