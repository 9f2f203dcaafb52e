"""NOT NULL on an existing column, in two phases.

``SET NOT NULL`` reads the whole table under ACCESS EXCLUSIVE, unless a valid CHECK
constraint proves already that there is no NULL.  So: add that CHECK as NOT VALID,
validate it (which blocks nobody), then SET NOT NULL takes a moment, and the CHECK goes.
From PostgreSQL 18 on NOT NULL itself can be NOT VALID and be validated: one short
ACCESS EXCLUSIVE lock instead of two.

What can still go wrong: from the first step on every update of a row that holds NULL
fails.  So fill the column first; we refuse when we find NULLs, and take the first step
back when validating finds one.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alembic_zdt.catalog import column as catalog
from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.errors import (
    DependentObjectsError,
    NullValuesRemainError,
    ZdtError,
)
from alembic_zdt.facts import (
    FIRST_WITH_NOT_NULL_CONSTRAINTS,
    CanonicalCheck,
    NotNullConstraint,
    Proof,
    Question,
    Server,
    TableFacts,
    TableQuestion,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import (
    QualifiedName,
    checked,
    default_constraint_name,
    derived,
    quote,
)
from alembic_zdt.operations._base import (
    ZdtOperation,
    directive,
    require_columns,
    require_table,
)
from alembic_zdt.operations._validation import (
    LOOK_SECONDS,
    MOST_COUNTED,
    validation_steps,
)
from alembic_zdt.operations.check_constraint import add_check_step
from alembic_zdt.runner.driver_errors import (
    CHECK_VIOLATION,
    INVALID_TABLE_DEFINITION,
    NOT_NULL_VIOLATION,
)
from alembic_zdt.steps import (
    Diagnostics,
    Explanation,
    Guard,
    Precondition,
    RelationLock,
    Row,
    Step,
)

if TYPE_CHECKING:
    from alembic.operations import Operations


@directive
class AddNotNullTwoPhaseOp(ZdtOperation):
    """The operation behind ``op.add_not_null_two_phase()``."""

    directive = "add_not_null_two_phase"

    def __init__(
        self, table_name: str, column_name: str, *, schema: str | None = None
    ) -> None:
        self.table = QualifiedName(table_name, schema)
        self.column = checked(column_name, "column")
        self.condition = f"{quote(self.column)} IS NOT NULL"
        self.check = derived("ck", table_name, column_name, "not_null")

    @classmethod
    def add_not_null_two_phase(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Set NOT NULL on a column without blocking reads or writes.

        Refuses when the column holds NULLs.  A valid CHECK constraint that proves
        the absence of NULLs is used if there is one.

        Args:
            table_name: the table.
            column_name: the column; fill it first.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such table or column.
            NullValuesRemainError: the column holds NULLs.
            LockNotAvailableError: the lock could not be had in time.

        Example::

            op.add_not_null_two_phase("users", "email")

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        operations.invoke(cls(table_name, column_name, schema=schema))

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'set NOT NULL on "{self.table.words}.{self.column}"'

    @property
    def subject(self) -> str:
        """Its table."""
        return self.table.words

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        return (self.table.name, self.column), {"schema": self.table.schema}

    def reverse(self) -> DropNotNullOp:
        """Allow NULL again."""
        table, column = self.table, self.column
        return DropNotNullOp(table.name, column, schema=table.schema)

    def questions(self) -> Sequence[Question[Any]]:
        """The table, what proves the absence of NULLs, what is half-done."""
        return (
            TableQuestion(self.table),
            self._canonical,
            self._proof,
            self._not_null_constraint,
        )

    @property
    def _canonical(self) -> CanonicalCheck:
        return CanonicalCheck(self.table, self.check, self.condition)

    @property
    def _proof(self) -> Proof:
        return Proof(self.table, f"{quote(self.column)} IS NULL")

    @property
    def _not_null_constraint(self) -> NotNullConstraint:
        return NotNullConstraint(self.table, self.column)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Table and column must exist."""
        facts = require_table(self.table, server)
        require_columns(self.table, facts, (self.column,), server)
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """The shortest way that this server knows."""
        facts = server.table(self.table)
        if server.answer(self._proof) and not self._half_done(server, facts):
            return (self._set(facts, server),)
        if server.version >= FIRST_WITH_NOT_NULL_CONSTRAINTS:
            return tuple(self._with_not_null_constraint(server, facts))
        return tuple(self._with_check(server, facts))

    def _half_done(self, server: Server, facts: TableFacts) -> bool:
        """A NOT VALID constraint of 18: SET NOT NULL would read the table again."""
        if facts.is_partitioned:
            return True  # the proof was asked for the parent alone, which is empty
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
        name = server.answer(self._not_null_constraint) or default_constraint_name(
            self.table.name, self.column, "not_null"
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
            guard=Guard(
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
            guard=Guard(
                f"({proven} AND NOT {check})", "it is NOT NULL, and the CHECK is gone"
            ),
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
            f'column "{self.table.words}.{self.column}" still holds NULL values',
            detail=f"{_counted(count)} Nothing was changed: a constraint that is not "
            "proven would make every update of such a row fail.",
            hint=f"Fill them (UPDATE {self.table.sql} SET {quote(self.column)} = ... "
            f"WHERE {quote(self.column)} IS NULL, in batches), then run the same "
            "command again.",
            table=self.table.words,
            column=self.column,
            count=count,
        )

    def _take_check_back(self, server: Server, found: Diagnostics) -> Sequence[Step]:
        if found.sqlstate != CHECK_VIOLATION:
            return ()
        dropping = f"ALTER TABLE {self.table.sql} DROP CONSTRAINT {quote(self.check)}"
        return (
            Step(
                purpose=f'take the CHECK "{self.check}" back',
                statements=(dropping,),
                locks=(self._lock(server.table(self.table)),),
                guard=Guard(
                    f"(NOT {constraint_catalog.exists(self.check, self.table)})",
                    "it is gone",
                ),
            ),
        )

    def _take_not_null_back(self, server: Server, found: Diagnostics) -> Sequence[Step]:
        if found.sqlstate != NOT_NULL_VIOLATION:
            return ()
        return self.reverse().steps(server)


def _counted(count: int) -> str:
    if not count:
        return "At least one row holds NULL."
    if count >= MOST_COUNTED:
        return f"More than {MOST_COUNTED - 1} rows hold NULL."
    return "1 row holds NULL." if count == 1 else f"{count} rows hold NULL."


@directive
class DropNotNullOp(ZdtOperation):
    """The operation behind ``op.drop_not_null()``."""

    directive = "drop_not_null"

    def __init__(
        self, table_name: str, column_name: str, *, schema: str | None = None
    ) -> None:
        self.table = QualifiedName(table_name, schema)
        self.column = checked(column_name, "column")

    @classmethod
    def drop_not_null(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Allow NULL in a column, under the lock strategy.

        Allowed already: skipped.

        Args:
            table_name: the table.
            column_name: the column.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such table or column.
            DependentObjectsError: the column is part of the primary key.
            LockNotAvailableError: the lock could not be had in time.

        Example::

            op.drop_not_null("users", "email")

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        operations.invoke(cls(table_name, column_name, schema=schema))

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'drop NOT NULL of "{self.table.words}.{self.column}"'

    @property
    def subject(self) -> str:
        """Its table."""
        return self.table.words

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        return (self.table.name, self.column), {"schema": self.table.schema}

    def reverse(self) -> AddNotNullTwoPhaseOp:
        """Set it again, in two phases."""
        table, column = self.table, self.column
        return AddNotNullTwoPhaseOp(table.name, column, schema=table.schema)

    def questions(self) -> Sequence[Question[Any]]:
        """The table."""
        return (TableQuestion(self.table),)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Table and column must exist."""
        facts = require_table(self.table, server)
        require_columns(self.table, facts, (self.column,), server)
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """One step."""
        tree = server.table(self.table).is_partitioned
        explain: Mapping[str, Explanation] = {INVALID_TABLE_DEFINITION: self._in_key}
        return (
            Step(
                purpose=self.purpose,
                statements=(
                    (
                        f"ALTER TABLE {self.table.sql}"
                        f" ALTER COLUMN {quote(self.column)} DROP NOT NULL"
                    ),
                ),
                locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self.table, tree=tree),),
                guard=Guard(
                    f"(NOT {catalog.is_not_null(self.table, self.column)})",
                    "it takes NULL already",
                ),
                explain=explain,
            ),
        )

    def _in_key(self, found: Diagnostics) -> ZdtError:
        return DependentObjectsError(
            f"cannot {self.purpose}",
            detail=f"The server said: {found.message}.",
            hint="Drop what needs it first, for example the primary key, with "
            f'op.drop_constraint_safely("...", "{self.table.name}", "primary").',
            column=self.column,
        )
