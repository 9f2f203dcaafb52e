"""Checks that a cast loses no data: it must not cut a text or round a number.

``ALTER TABLE`` refuses a value that is too long, but an explicit cast cuts it.  So the
directive looks for rows that would lose data before it opens the window, and again
after the backfill.  At the contract a CHECK on both columns proves that there are none.
Until then old code may write such values.
https://www.postgresql.org/docs/current/sql-expressions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.catalog.value_kinds import ValueKind, kept
from alembic_zdt.errors import PreconditionError, UsageError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import COPY, QualifiedName, distinct, quote
from alembic_zdt.operations.columns.column_types import SqlType
from alembic_zdt.operations.constraints.validation import LOOK_SECONDS, validation_steps
from alembic_zdt.server_facts import TableFacts
from alembic_zdt.steps import (
    Diagnostics,
    Precondition,
    RelationLock,
    Row,
    SkipCondition,
    Step,
)
from alembic_zdt.twin.window import Window

_EXAMPLES, _SHOWN = 3, 60
_CHECK_VIOLATION = "23514"


def proof_name(window: Window) -> str:
    """Return the name of the CHECK that proves that a window loses no data."""
    return distinct(COPY, window.table.name, window.original, window.twin, "kept")


def sees_every_row(table: QualifiedName) -> Precondition:
    """Refuse a table whose row level security may hide rows from this role.

    ``ALTER TABLE`` changes rows that a query does not find.
    https://www.postgresql.org/docs/current/ddl-rowsecurity.html
    """

    def hidden(rows: Sequence[Row]) -> ZdtError:
        return PreconditionError(
            f'cannot see every row of "{table.label}"',
            detail=f"There is {rows[0][0]}. Rows that it hides could lose data.",
            hint="Migrate as a role with BYPASSRLS, or first run: ALTER TABLE"
            f" {table.sql} NO FORCE ROW LEVEL SECURITY;",
            table=table.label,
        )

    is_active = f"pg_catalog.row_security_active({table.regclass})"
    words = "'row level security that applies to role %I', current_user"
    found = f"SELECT pg_catalog.format({words}) WHERE {is_active}"
    return Precondition(found, hidden)


@dataclass(frozen=True)
class Narrowing:
    """A conversion that can lose data.

    Attributes:
        window: the window, whose original is the column with the values to convert.
        kinds: the kinds of the values and of the converted values.
        types: both types as they are written in a cast; the first is empty if unknown.
        instead: the call that allows the loss.
    """

    window: Window
    kinds: tuple[ValueKind, ValueKind]
    types: tuple[str, SqlType]
    instead: str

    @property
    def table(self) -> QualifiedName:
        """Return the table."""
        return self.window.table

    @property
    def column(self) -> str:
        """Return the column whose values are converted."""
        return self.window.original

    @property
    def converted(self) -> str:
        """Return the converted value as SQL."""
        return f"CAST({quote(self.column)} AS {self.types[1].cast})"

    def look(self, max_seconds: float | None = LOOK_SECONDS) -> Precondition:
        """Refuse rows that would lose data.

        Args:
            max_seconds: the limit for the search, None for no limit.
        """
        fits = kept(*self.kinds, quote(self.column), self.converted)
        shown = ", ".join(
            f"pg_catalog.left(CAST({value} AS pg_catalog.text), {_SHOWN})"
            for value in (quote(self.column), self.converted)
        )
        shown = f"pg_catalog.format('%L would become %L', {shown})"
        lossy = f"FROM {self.table.sql} WHERE NOT ({fits}) LIMIT {_EXAMPLES}"
        found = f"SELECT {shown} {lossy}"  # quoted
        return Precondition(found, self._lossy, max_seconds, as_written=True)

    def proving(self, facts: TableFacts) -> Iterator[Step]:
        """Prove that no row loses data, and forbid writes that would."""
        table, name = self.table, proof_name(self.window)
        condition = kept(*self.kinds, quote(self.column), quote(self.window.twin))
        adding = f"ADD CONSTRAINT {quote(name)} CHECK ({condition}) NOT VALID"
        mode, tree = LockMode.ACCESS_EXCLUSIVE, facts.is_partitioned
        yield Step(
            purpose=f'forbid values of "{table.label}.{self.column}" that do not fit'
            f" {self.types[1].sql}",
            statements=(f"ALTER TABLE {table.sql} {adding}",),
            locks=(RelationLock(mode, table, tree=tree),),
            skip_if=SkipCondition(
                constraint_catalog.exists(name, table), f'constraint "{name}" is there'
            ),
            preconditions=(self.look(max_seconds=None),),
        )
        explain = {_CHECK_VIOLATION: self._unproven}
        yield from validation_steps(name, table, facts, explain=explain)

    def _lossy(self, rows: Sequence[Row]) -> ZdtError:
        listed = "; ".join(str(row[0]) for row in rows)
        return self._error(f"Among its values {listed}.")

    def _unproven(self, _found: Diagnostics) -> ZdtError:
        return self._error("A row was written meanwhile that does not fit.")

    def _error(self, detail: str) -> ZdtError:
        return UsageError(
            f'not every value of "{self.table.label}.{self.column}" fits'
            f" {self.types[1].sql}",
            detail=detail,
            hint=(
                f"{self._correcting}; or accept the loss, with these expressions in "
                f"all three phases: {self.instead}."
            ),
            table=self.table.label,
            column=self.column,
        )

    @property
    def _correcting(self) -> str:
        again = "then run the same command again"
        old, column = self.types[0], quote(self.column)
        if not old:
            return f"Change these rows, {again}"
        lossy = f"CAST({self.converted} AS {old}) IS DISTINCT FROM {column}"
        return f"Change the rows of {self.table.sql} WHERE {lossy}, {again}"
