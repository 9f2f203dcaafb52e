"""The steps to NOT NULL, shared by the directive and by the primary key.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.catalog import column as catalog
from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.connection.driver_errors import CHECK_VIOLATION, NOT_NULL_VIOLATION
from alembic_zdt.errors import DuplicateObjectError, NullValuesRemainError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, default_constraint_name, derived, quote
from alembic_zdt.operations.backfill_step import backfilling
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.constraints.check_constraint import add_check_step
from alembic_zdt.operations.constraints.validation import (
    LOOK_SECONDS,
    MOST_COUNTED,
    validation_steps,
)
from alembic_zdt.server_facts import (
    FIRST_WITH_NOT_NULL_CONSTRAINTS,
    CanonicalCheck,
    FreeConstraintName,
    NotNullConstraint,
    Proof,
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

_MOST_NAMES = 20


class NotNullSteps:
    """The steps that set NOT NULL on one column, and that undo a failed attempt.

    Args:
        table: the table.
        column: the column, unquoted.
        value: an SQL expression that fills the NULLs first, empty to fill none.
        name: the name of the constraint (18+), default: the one the server gives.
    """

    def __init__(
        self, table: QualifiedName, column: str, value: str = "", name: str = ""
    ) -> None:
        self.table = table
        self.column = column
        self.filling = (
            Definition(table, {column: value}, directive="add_not_null_two_phase")
            if value
            else None
        )
        self.purpose = f'set NOT NULL on "{table.label}.{column}"'
        self.condition = f"{quote(column)} IS NOT NULL"
        self._names = (name,) if name else tuple(_default_names(table.name, column))
        self.check = derived("ck", table.name, column, "not_null")

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the table and its constraints."""
        return (
            TableQuestion(self.table),
            self._canonical,
            self._proof,
            self._not_null_constraint,
            self._free_name,
        )

    @property
    def _canonical(self) -> CanonicalCheck:
        return CanonicalCheck(self.table, self.check, self.condition)

    @property
    def _proof(self) -> Proof:
        condition = f"{quote(self.column)} IS NULL"
        return Proof(self.table, condition, (self.column,))

    @property
    def _not_null_constraint(self) -> NotNullConstraint:
        return NotNullConstraint(self.table, self.column)

    @property
    def _free_name(self) -> FreeConstraintName:
        return FreeConstraintName(self.table, self._names)

    def preconditions(self) -> tuple[Precondition, ...]:
        """Refuse a NOT NULL constraint that children do not inherit (18+)."""

        def other(rows: Sequence[Row]) -> ZdtError:
            constraint, definition = rows[0]
            return DuplicateObjectError(
                f'"{self.table.label}.{self.column}" has another NOT NULL constraint',
                detail=f'There is "{constraint}": {definition}. '
                f"Wanted: NOT NULL {quote(self.column)}.",
                hint=f"Write op.execute('ALTER TABLE {self.table.sql} ALTER CONSTRAINT"
                f" {quote(constraint)} INHERIT') before this call.",
                table=self.table.label,
                column=self.column,
            )

        return (Precondition(catalog.not_inherited(self.table, self.column), other),)

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the shortest steps that this server supports."""
        facts = server.table(self.table)
        if server.answer(self._proof) and not self._half_done(server, facts):
            return (self._set(facts, server),)
        if server.version >= FIRST_WITH_NOT_NULL_CONSTRAINTS:
            return (*self._fill(server), *self._with_not_null_constraint(server, facts))
        return (*self._fill(server), *self._with_check(server, facts))

    def _fill(self, server: Server) -> Sequence[Step]:
        if self.filling is None:
            return ()
        proven = catalog.is_not_null_proven(self.table, self.column, server.version)
        skip_if = SkipCondition(proven, "it is NOT NULL")
        return (backfilling(self.filling.default_name, self.filling, skip_if=skip_if),)

    def _half_done(self, server: Server, facts: TableFacts) -> bool:
        """Check whether SET NOT NULL would read the table despite the proof.

        That happens if the column has a NOT NULL constraint that is NOT VALID (18+).
        """
        if facts.is_partitioned:
            return True  # the proof is about the parent alone, which is empty
        return server.answer(self._not_null_constraint) is not None

    def _with_check(self, server: Server, facts: TableFacts) -> list[Step]:
        proven = catalog.is_not_null(self.table, self.column)
        adding = add_check_step(
            self.check,
            self.table,
            self.condition,
            facts,
            server.answer(self._canonical),
            done=proven,
            preconditions=(self._no_nulls(),),
        )
        validating = validation_steps(
            self.check,
            self.table,
            facts,
            done=proven,
            explain={CHECK_VIOLATION: lambda _found: self._nulls_remain(())},
            on_failure=self._take_check_back,
        )
        return [adding, *validating, self._set(facts, server)]

    def _with_not_null_constraint(
        self, server: Server, facts: TableFacts
    ) -> list[Step]:
        name = (
            server.answer(self._not_null_constraint)
            or server.answer(self._free_name)
            or self._names[0]
        )
        lock = self._lock(facts)
        adding = Step(
            purpose=f"{self.purpose} as NOT VALID",
            statements=(
                (
                    f"ALTER TABLE {self.table.sql} ADD CONSTRAINT {quote(name)}"
                    f" NOT NULL {quote(self.column)} NOT VALID"
                ),
            ),
            locks=(lock,),
            skip_if=SkipCondition(
                catalog.not_null_constraint(self.table, self.column),
                "there is a NOT NULL constraint on it",
            ),
            preconditions=(self._no_nulls(),),
        )
        validating = validation_steps(
            name,
            self.table,
            facts,
            explain={NOT_NULL_VIOLATION: lambda _found: self._nulls_remain(())},
            on_failure=self._take_not_null_back,
        )
        return [adding, *validating]

    def _set(self, facts: TableFacts, server: Server) -> Step:
        proven = catalog.is_not_null_proven(self.table, self.column, server.version)
        check = constraint_catalog.exists(self.check, self.table)
        return Step(
            purpose=f"{self.purpose}, which the valid CHECK proves",
            statements=(
                (
                    f"ALTER TABLE {self.table.sql}"
                    f" ALTER COLUMN {quote(self.column)} SET NOT NULL"
                ),
                (
                    f"ALTER TABLE {self.table.sql}"
                    f" DROP CONSTRAINT IF EXISTS {quote(self.check)}"
                ),
            ),
            locks=(self._lock(facts),),
            skip_if=SkipCondition(
                f"({proven} AND NOT {check})", "it is NOT NULL, and the CHECK is gone"
            ),
            stands_on=(self.table,),
        )

    def _lock(self, facts: TableFacts) -> RelationLock:
        tree = facts.is_partitioned
        return RelationLock(LockMode.ACCESS_EXCLUSIVE, self.table, tree=tree)

    def _no_nulls(self) -> Precondition:
        return Precondition(
            "SELECT count(*) FROM (SELECT 1"
            f" FROM {self.table.sql} WHERE {quote(self.column)} IS NULL"
            f" LIMIT {MOST_COUNTED}) empty HAVING count(*) > 0",
            self._nulls_remain,
            max_seconds=LOOK_SECONDS,
        )

    def _nulls_remain(self, rows: Sequence[Row]) -> ZdtError:
        count = rows[0][0] if rows else 0
        return NullValuesRemainError(
            f'column "{self.table.label}.{self.column}" still holds NULL values',
            detail=(
                f"{_counted(count)} The constraint was not kept: it would make every "
                "update of such a row fail."
            ),
            hint=self._how_to_fill,
            table=self.table.label,
            column=self.column,
            count=count,
        )

    @property
    def _how_to_fill(self) -> str:
        if self.filling:
            return (
                f"The expression ({self.filling.values[self.column]}) gave NULL for "
                "these rows, or they were written just now. Correct the expression, "
                "and make sure that new rows have a value, then run the same command "
                "again."
            )
        values = {self.column: "<expression>"}
        named = {"schema": self.table.schema}
        call = written_call("backfill", (self.table.name, values), named)
        return (
            f"Fill these rows with {call}, and make sure that new rows have a value, "
            "then run the same command again."
        )

    def _take_check_back(self, server: Server, found: Diagnostics) -> Sequence[Step]:
        if found.sqlstate != CHECK_VIOLATION:
            return ()
        dropping = f"ALTER TABLE {self.table.sql} DROP CONSTRAINT {quote(self.check)}"
        return (
            Step(
                purpose=f'drop the CHECK "{self.check}" again',
                statements=(dropping,),
                locks=(self._lock(server.table(self.table)),),
                skip_if=SkipCondition(
                    f"(NOT {constraint_catalog.exists(self.check, self.table)})",
                    "it is gone",
                ),
            ),
        )

    def _take_not_null_back(self, server: Server, found: Diagnostics) -> Sequence[Step]:
        if found.sqlstate != NOT_NULL_VIOLATION:
            return ()
        return (self.drop(server.table(self.table)),)

    def drop(self, facts: TableFacts) -> Step:
        """Build the step that drops NOT NULL."""
        return Step(
            purpose=f'drop NOT NULL of "{self.table.label}.{self.column}"',
            statements=(
                (
                    f"ALTER TABLE {self.table.sql}"
                    f" ALTER COLUMN {quote(self.column)} DROP NOT NULL"
                ),
            ),
            locks=(self._lock(facts),),
            skip_if=SkipCondition(
                f"(NOT {catalog.is_not_null(self.table, self.column)})",
                "it takes NULL already",
            ),
        )


def _default_names(table: str, column: str) -> Iterator[str]:
    """Yield the names that PostgreSQL tries, in its order.

    The first one is taken by another column if both names are long, or if that column
    was renamed.
    """
    for number in ("", *range(1, _MOST_NAMES)):
        yield default_constraint_name(table, column, f"not_null{number}")


def _counted(count: int) -> str:
    if not count:
        return "At least one row holds NULL."
    if count >= MOST_COUNTED:
        return f"More than {MOST_COUNTED - 1} rows hold NULL."
    return "1 row holds NULL." if count == 1 else f"{count} rows hold NULL."
