"""Change the type of a column while code uses it.

``ALTER COLUMN ... TYPE`` rewrites the table under ACCESS EXCLUSIVE, unless both types
are stored alike.  So for a while there are two columns.  The *expand* adds a twin of
the new type, and a trigger that keeps both columns equal.  The *migrate* fills the twin
in old rows, proves that every row is filled, and copies the indexes and constraints of
the original.  The *contract* puts the twin in the place of the original, in one short
transaction.  With ``new_column_name`` code of both kinds can run in between.  Without
it the column keeps its name, and its type changes at the contract.

What can still go wrong: a statement that writes a value that cannot be converted fails.
Between the build of the twin's unique index and the contract, an upsert may fail now
and then with a unique violation.  At a contract without a new name, a prepared
statement that returns the column fails.  In psycopg it fails in each open session until
its next ROLLBACK, with autocommit until the session is closed.  On asyncpg it fails
once in each engine.  So recycle the connection pools.  The column becomes the last one
of the table.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from alembic_zdt.catalog.large_values import LargestValue
from alembic_zdt.catalog.value_kinds import out_of_range
from alembic_zdt.errors import UsageError, ZdtError
from alembic_zdt.names import quote
from alembic_zdt.operations.base import ZdtOperation, directive, require_columns
from alembic_zdt.operations.constraints.validation import LOOK_SECONDS
from alembic_zdt.operations.enums.enum_change import creating_step, enum_of
from alembic_zdt.operations.refusals.rights_kept import rights_kept
from alembic_zdt.operations.refusals.window_kept import no_other_window
from alembic_zdt.server_facts import Question, Server
from alembic_zdt.steps import Diagnostics, Precondition, Row, Step
from alembic_zdt.twin.repair import changed_around, mending, renamed_columns
from alembic_zdt.twin.trial import Trial
from alembic_zdt.workflows.column_type.casting import CastingOp
from alembic_zdt.workflows.outdated import noted
from alembic_zdt.workflows.phase_options import ExpandPhase


@directive
class ExpandAlterColumnTypeOp(ExpandPhase, CastingOp):
    """Begin to change the type of a column: the first of three phases.

    It adds a twin of the new type, and a trigger that keeps both columns equal,
    whichever of them code writes.  Continue with ``op.migrate_alter_column_type()``
    and ``op.contract_alter_column_type()``, with the same arguments.  An enum type
    that does not exist is created, as for a new table.

    Args:
        new_column_name: the name of the column of the new type, for code that
            uses both; default: the column keeps its name.
        existing_type: the current type; needed for the downgrade, and in a script.
        using: the new value as an SQL expression over the column, default: a cast
            that may not lose anything.  It may not depend on anything else, such as
            the time zone of the session.
        reverse_using: the old value as an SQL expression over the new column,
            default: a cast.
        on_conflict: which column wins when one UPDATE writes values into both that
            do not match: ``new``, ``old``, or ``error`` (SQLSTATE 23000).

    Raises:
        UndefinedObjectError: the table or the column does not exist.
        UsageError: the server refuses an expression, or the type for an object
            that depends on the column; or a row cannot be converted, or would
            lose something by a cast.
        DuplicateObjectError: another column has the new name.
        PreconditionError: a role that writes the table may not run an expression,
            or rows cannot be updated for lack of a replica identity.
        DependentObjectsError: an object makes a twin impossible, or would be lost
            with the original; all of them are listed.

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "expand_alter_column_type"

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'begin to make "{self.label}" {self.sql_type.sql}'

    def questions(self) -> Sequence[Question[Any]]:
        """Add the questions for the largest value and for outdated functions."""
        large = LargestValue(self.table, self.column)
        outdated = (self.outdated.question,) if self.is_renamed else ()
        return (*super().questions(), large, *outdated)

    def reverse(self) -> ZdtOperation:
        """Return the contract that ends the window and keeps the old type."""
        return self.backwards(self.phases.contract)

    def contract(self) -> ZdtOperation:
        """Return the call that ends the change."""
        return self.phase(self.phases.contract)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a missing table or column, and a column that cannot be converted."""
        trusted = super().preconditions(server)
        facts = server.table(self.table)
        if self.new_column not in facts.columns:
            require_columns(self.table, facts, (self.column,), server)
        trial = self.trial(server)
        twin = self.twin(server)
        not_begun = f"NOT {twin.is_expanded}"
        return (
            *trusted,
            renamed_columns(twin),
            changed_around(twin),
            *no_other_window(twin, server, self.purpose),
            *self.impossible(server, not_begun),
            *rights_kept(self.table, trial.lacking if trial else (), not_begun),
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the steps that open the window."""
        largest = server.answer(LargestValue(self.table, self.column)) or 0
        twin = replace(self.twin(server, self.winner), largest=largest)
        enum = enum_of(self.type)
        opening = twin.opening()
        if self.trial(server) is not None:
            also, lost = self._convertible(server), self.lost(server)
            opening = twin.opening(*also, obstacles=lost)
        opening = noted(opening, self.outdated.note(server) if self.is_renamed else "")
        if enum and not self.making:
            return creating_step(enum), opening, *mending(twin, server)
        statements = (*self.making, *opening.statements)
        return (replace(opening, statements=statements), *mending(twin, server))

    def _convertible(self, server: Server) -> Sequence[Precondition]:
        """Refuse rows that the trigger could not convert in an UPDATE."""
        column = quote(self.column)
        up = f"CAST({self.using or column} AS {self.sql_type.cast})"
        trial = self.trial(server)
        count = "pg_catalog.count(*)"
        to_null = f"{count} FILTER (WHERE {column} IS NOT NULL AND ({up}) IS NULL)"
        some = "0" if trial and trial.dependents.not_null else count
        too_many = f"{to_null} OPERATOR(pg_catalog.>) {some}"

        def lost(rows: Sequence[Row]) -> ZdtError:
            return self._not_convertible(f"{rows[0][0]} rows become NULL")

        def failed(found: Diagnostics) -> ZdtError:
            return self._not_convertible(f"The server reported: {found.message}")

        rows = f"SELECT {to_null} FROM {self.table.sql} HAVING {too_many}"
        narrowing = self.narrowing(server)
        return (
            *self._within_range(trial),
            Precondition(rows, lost, LOOK_SECONDS, failed, as_written=True),
            *([narrowing.look()] if narrowing else []),
        )

    def _within_range(self, trial: Trial | None) -> Iterator[Precondition]:
        """Refuse numbers that are too large, and list them."""
        column, kinds = quote(self.column), trial.kinds if trial else None
        beyond = out_of_range(*kinds, column) if kinds and not self.using else ""
        if not beyond:
            return

        def refused(rows: Sequence[Row]) -> ZdtError:
            listed = ", ".join(str(row[0]) for row in rows)
            return self._not_convertible(f"Out of its range are {listed}")

        shown = f"CAST({column} AS pg_catalog.text)"
        found = f"SELECT {shown} FROM {self.table.sql} WHERE {beyond} LIMIT 3"
        yield Precondition(found, refused, LOOK_SECONDS, as_written=True)

    def _not_convertible(self, why: str) -> ZdtError:
        return UsageError(
            f'not every row of "{self.label}" can become {self.sql_type.sql}',
            detail=f"{why}.",
            hint="Correct these rows, or pass using= with an expression that can "
            "convert them all.",
            column=self.column,
        )
