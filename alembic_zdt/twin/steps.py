"""Opening a window, and ending it towards one of its two names.

Each is one short transaction, so there is never half a window.  The swap drops the twin
and renames the original: indexes, foreign keys, defaults, identity, comments, policies
and publications stand on the original, and stay there.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from alembic_zdt.catalog import column as column_catalog
from alembic_zdt.catalog import column_copy, obstacles
from alembic_zdt.catalog.column_copy import ColumnCopy
from alembic_zdt.errors import (
    DependentObjectsError,
    DuplicateObjectError,
    GateClosedError,
    ZdtError,
)
from alembic_zdt.facts import TableFacts
from alembic_zdt.locks import LockMode
from alembic_zdt.names import literal, quote
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.steps import Guard, Precondition, RelationLock, Row, Step
from alembic_zdt.twin.equality import is_byte_exact
from alembic_zdt.twin.sync import Sync
from alembic_zdt.twin.window import Window, Winner


@dataclass(frozen=True)
class TwinSteps:
    """The steps at both ends of a window.

    Attributes:
        window: the two columns.
        winner: of an UPDATE that writes different values into both.
        facts: of the table.
        copy: what the original is like, None when nobody was asked.
    """

    window: Window
    winner: Winner = Winner.NEW
    facts: TableFacts = field(default_factory=lambda: TableFacts(kind="r"))
    copy: ColumnCopy | None = None

    @property
    def sync(self) -> Sync:
        """The trigger, and the condition that it keeps true."""
        byte_exact = self.copy is not None and is_byte_exact(self.copy)
        return Sync(self.window, byte_exact=byte_exact, winner=self.winner)

    def opening(self) -> Step:
        """Make the twin, and everything that keeps it in step."""
        window = self.window
        table, check = window.table.sql, quote(window.check)
        adding = f"ALTER TABLE {table} ADD CONSTRAINT {check}"
        return Step(
            purpose=f'add "{window.twin}" as a twin of "{window.words}"',
            statements=(
                self._add_column(),
                *self.sync.create(),
                f"{adding} CHECK ({self.sync.condition}) NOT VALID",
                *self._grant(),
            ),
            locks=(self._lock,),
            guard=Guard(window.is_open_or_over, "the trigger is there, or all is done"),
            preconditions=(self._name_is_free(), self._nothing_in_the_way()),
        )

    def swapping(self, migrate: str) -> Step:
        """Let the original take the name of its twin.

        Args:
            migrate: the call that proves that they are equal.
        """
        window = self.window
        table, original, twin = window.table.sql, window.original, window.twin
        return Step(
            purpose=f'rename "{window.words}" to "{twin}", whose place it takes',
            statements=(
                *self._take_down(),
                f"ALTER TABLE {table} RENAME COLUMN {quote(original)} TO {quote(twin)}",
            ),
            locks=(self._lock,),
            guard=self._closed,
            preconditions=(self._is_proven(migrate), self._nothing_on_twin()),
        )

    def closing(self) -> Step:
        """Drop the twin, whose values are all in the original."""
        return Step(
            purpose=f'drop "{self.window.twin}", the twin of "{self.window.words}"',
            statements=self._take_down(),
            locks=(self._lock,),
            guard=self._closed,
            preconditions=(self._nothing_on_twin(),),
        )

    # ------------------------------------------------------------------- statements

    def _add_column(self) -> str:
        window = self.window
        adding = f"ALTER TABLE {window.table.sql} ADD COLUMN {quote(window.twin)}"
        if self.copy is not None:
            return f"{adding} {self.copy.type}"
        template = literal(f"{adding.replace('%', '%%')} %s")
        type_ = column_copy.type_of(window.table, window.original)
        return do_block([f"EXECUTE pg_catalog.format({template.strip()}, ({type_}));"])

    def _grant(self) -> tuple[str, ...]:
        """Who may use the original by a right of this column may use the twin."""
        window = self.window
        if self.copy is None:
            granting = column_copy.grants_for(
                window.table, window.original, window.twin
            )
            nothing = "SELECT 'no grants'"
            return (do_block([f"EXECUTE coalesce(({granting}), {literal(nothing)});"]),)
        return tuple(
            f"GRANT {privilege} ({quote(window.twin)}) ON {window.table.sql}"
            f" TO {grantee}{' WITH GRANT OPTION' if grantable else ''}"
            for privilege, grantee, grantable in self.copy.grants
        )

    def _take_down(self) -> tuple[str, ...]:
        window = self.window
        table = window.table.sql
        return (
            *self.sync.drop(),
            f"ALTER TABLE {table} DROP CONSTRAINT {quote(window.check)}",
            f"ALTER TABLE {table} DROP COLUMN {quote(window.twin)}",
        )

    @property
    def _lock(self) -> RelationLock:
        tree = self.facts.is_partitioned
        return RelationLock(LockMode.ACCESS_EXCLUSIVE, self.window.table, tree=tree)

    @property
    def _closed(self) -> Guard:
        window = self.window
        words = f'no window from "{window.original}" to "{window.twin}" is open'
        return Guard(f"(NOT {window.is_open})", words)

    # ---------------------------------------------------------------- preconditions

    def _name_is_free(self) -> Precondition:
        window = self.window

        def taken(_rows: Sequence[Row]) -> ZdtError:
            return DuplicateObjectError(
                f'column "{window.twin}" of "{window.table.words}" exists already',
                detail="It is not a twin that was made by this directive.",
                hint="Choose another name, or drop that column first.",
                table=window.table.words,
                column=window.twin,
            )

        there = column_catalog.exists(window.table, window.twin)
        found = literal(f"column {quote(window.twin)}").strip()
        return Precondition(f"SELECT {found} WHERE {there}", taken)

    def _nothing_in_the_way(self) -> Precondition:
        window = self.window

        def refused(rows: Sequence[Row]) -> ZdtError:
            return DependentObjectsError(
                f'"{window.words}" cannot have a twin',
                detail=f"Column {quote(window.original)}: {_listed(rows)}.",
                hint="Change what is listed first, then run the same command again.",
                table=window.table.words,
                column=window.original,
            )

        found = obstacles.of_twin(window.table, window.original, window.trigger)
        return Precondition(found, refused)

    def _nothing_on_twin(self) -> Precondition:
        window = self.window

        def refused(rows: Sequence[Row]) -> ZdtError:
            return DependentObjectsError(
                f'something stands on "{window.table.words}.{window.twin}", which '
                "would be lost with it",
                detail=f"Found: {_listed(rows)}.",
                hint=f'Make the same on "{window.words}", then drop it here, and run '
                "the same command again.",
                table=window.table.words,
                column=window.twin,
            )

        ours = (window.check, window.trigger)
        return Precondition(obstacles.of_drop(window.table, window.twin, ours), refused)

    def _is_proven(self, migrate: str) -> Precondition:
        window = self.window

        def unproven(_rows: Sequence[Row]) -> ZdtError:
            return GateClosedError(
                f'it is too early to keep "{window.twin}" alone: not every row of '
                f'"{window.table.words}" is proven to have it',
                detail=f'Constraint "{window.check}" is not validated.',
                hint=f"Run the revision with {migrate} first.",
                table=window.table.words,
                column=window.twin,
            )

        found = "SELECT 'a row that is not proven to have it, maybe'"
        return Precondition(f"{found} WHERE NOT {window.is_proven}", unproven)


def _listed(rows: Sequence[Row]) -> str:
    return "; ".join(str(row[0]) for row in rows)
