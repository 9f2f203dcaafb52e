"""The steps that open a window, and that end it with one of its two names.

Each step is one short transaction, so a window is never half open.  The swap drops the
twin and renames the original.  Indexes, foreign keys, defaults, identity, comments,
policies and publications belong to the original, and stay there.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from alembic_zdt.catalog import column_copy, obstacles, replica_identity
from alembic_zdt.catalog.column_copy import ColumnCopy
from alembic_zdt.catalog.dependents.views import (
    locking,
    nothing_of_its_own,
    standing_aside,
)
from alembic_zdt.errors import (
    DependentObjectsError,
    GateClosedError,
    PreconditionError,
    ZdtError,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.server_facts import TableFacts
from alembic_zdt.steps import Precondition, RelationLock, Row, SkipCondition, Step
from alembic_zdt.twin.refusing import is_complete, name_is_free
from alembic_zdt.twin.sync import Sync
from alembic_zdt.twin.window import Window

_LARGE = 64 * 1024  # bytes; two comparisons of two such values take 0.1 ms


@dataclass(frozen=True)
class TwinSteps:
    """The steps that open and end a window.

    Attributes:
        sync: the trigger and the CHECK of the window.
        facts: facts of the table.
        copy: the original in the catalog, None if the server was not asked.
        type: the twin's type, empty for the type of the original.
        ours: names of our objects on the twin, which are dropped with it.
        views: views with an old name of the table, which show the twin.
        largest: the size of the largest value, 0 if the server was not asked.
        back: the opposite window, which a downgrade may have opened.
        is_known: whether the server was asked for everything that the trigger depends
            on.
        bodies: the required bodies of the conversion functions, if there are any.
    """

    sync: Sync
    facts: TableFacts = field(default_factory=lambda: TableFacts(kind="r"))
    copy: ColumnCopy | None = None
    type: str = ""
    ours: tuple[str, ...] = ()
    views: tuple[QualifiedName, ...] = ()
    largest: int = 0
    back: Window | None = None
    is_known: bool = False
    bodies: tuple[str, ...] = ()

    @property
    def is_expanded(self) -> str:
        """Return SQL that is true if the expand has run, or the window is reversed."""
        if self.back is None:
            return self.window.is_open_or_over
        return f"({self.window.is_open_or_over} OR {self.back.is_open})"

    @property
    def is_filled(self) -> str:
        """Return SQL that is true if rows are proven, or the window is reversed."""
        if self.back is None:
            return self.window.is_proven_or_over
        return f"({self.window.is_proven_or_over} OR {self.back.is_open})"

    @property
    def window(self) -> Window:
        """Return the window of the two columns."""
        return self.sync.window

    def opening(
        self, *also: Precondition, obstacles: str = "", instead: str = ""
    ) -> Step:
        """Return the step that adds the twin, its trigger and its CHECK.

        Args:
            also: further preconditions.
            obstacles: the query for further objects that prevent a twin.
            instead: a sentence that suggests another way where values are large.
        """
        window = self.window
        return Step(
            purpose=f'add "{window.twin}" as a twin of "{window.label}"',
            statements=(
                self._add_column(),
                *self._settings(),
                *self.sync.create(),
                *self._grant(),
            ),
            locks=(self.lock,),
            skip_if=SkipCondition(
                self.is_expanded, "the trigger is there, or all is done"
            ),
            stands_on=(window.table,),
            note=self._cost_of_large_values(instead),
            preconditions=(
                name_is_free(window),
                self._nothing_in_the_way(obstacles),
                self._can_be_updated(),
                *also,
            ),
        )

    def swapping(self, migrate: str) -> Step:
        """Return the step that drops the twin and gives its name to the original.

        Args:
            migrate: the call that proves that the columns are equal.
        """
        window = self.window
        table, original, twin = window.table.sql, window.original, window.twin
        return Step(
            purpose=f'drop the twin, and rename "{window.label}" to "{twin}"',
            statements=(
                *self._grant_what_twin_has(),
                *self._take_down(
                    f"ALTER TABLE {table} RENAME COLUMN {quote(original)}"
                    f" TO {quote(twin)}"
                ),
            ),
            locks=(*locking(self.views), self.lock),
            skip_if=self._closed,
            preconditions=(self._is_proven(migrate), *self._nothing_on_twin()),
            stands_on=(window.table,),
        )

    def gates(self, migrate: str, lost: str) -> tuple[Precondition, ...]:
        """Return the preconditions for dropping the original.

        Args:
            migrate: the call that proves that the columns match.
            lost: the query for objects that would be lost with the original.
        """
        window = self.window

        def refused(rows: Sequence[Row]) -> ZdtError:
            return self._cannot_lose(window.original, window.twin, rows)

        return self._is_proven(migrate), Precondition(lost, refused)

    def giving_way(
        self, statements: Sequence[str], gates: tuple[Precondition, ...]
    ) -> Step:
        """Return the step that puts the twin in the place of the original.

        Args:
            statements: the statements that put the twin in the place of the original.
            gates: the preconditions.
        """
        window = self.window
        return Step(
            purpose=f'let "{window.twin}" take the place of "{window.label}"',
            statements=(*self.sync.drop(), *statements),
            locks=(self.lock,),
            skip_if=self._closed,
            preconditions=gates,
            stands_on=(window.table,),
        )

    def closing(self) -> Step:
        """Return the step that drops the twin, whose values are all in the original."""
        return Step(
            purpose=f'drop "{self.window.twin}", the twin of "{self.window.label}"',
            statements=self._take_down(),
            locks=(*locking(self.views), self.lock),
            skip_if=self._closed,
            preconditions=(is_complete(self.window), *self._nothing_on_twin()),
            stands_on=(self.window.table,),
        )

    def _cost_of_large_values(self, instead: str) -> str:
        """Return a note on large values, which each UPDATE of a row reads."""
        if self.largest < _LARGE:
            return ""
        window = self.window
        return (
            f'until the contract each UPDATE of a row of "{window.table.label}" reads'
            f' "{window.original}" and its twin twice, whichever column it changes;'
            f" there are values of {self.largest // 1024} kB{instead}"
        )

    # ------------------------------------------------------------------- statements

    def _add_column(self) -> str:
        window = self.window
        adding = f"ALTER TABLE {window.table.sql} ADD COLUMN {quote(window.twin)}"
        type_ = self.type or (self.copy.type if self.copy else "")
        if type_:
            return f"{adding} {type_}"
        template = literal(f"{adding.replace('%', '%%')} %s")
        found = column_copy.type_of(window.table, window.original)
        return do_block([f"EXECUTE pg_catalog.format({template.strip()}, ({found}));"])

    def _settings(self) -> tuple[str, ...]:
        """Return statements that copy the original's ANALYZE settings to the twin."""
        column = f"ALTER TABLE {self.window.table.sql} ALTER {quote(self.window.twin)}"
        settings = self.copy.settings if self.copy else ()
        return tuple(f"{column} {setting}" for setting in settings)

    def _grant(self) -> tuple[str, ...]:
        """Return statements that grant the original's column rights on the twin."""
        window = self.window
        of_partitions = self._grant_in_partitions(window.original, window.twin)
        if self.copy is None:
            granting = column_copy.grants_for(
                window.table, window.original, window.twin
            )
            nothing = literal("SELECT 'no grants'")
            query = f"EXECUTE coalesce(({granting}), {nothing});"
            return (do_block([query]), *of_partitions)
        return of_partitions + tuple(
            f"GRANT {privilege} ({quote(window.twin)}) ON {window.table.sql}"
            f" TO {grantee}{' WITH GRANT OPTION' if grantable else ''}"
            for privilege, grantee, grantable in self.copy.grants
        )

    def _grant_what_twin_has(self) -> tuple[str, ...]:
        """Return statements that keep rights granted on the twin since the expand."""
        table = self.window.table
        columns = self.window.twin, self.window.original
        granting = column_copy.grants_for(table, *columns)
        statement = do_block([f"EXECUTE coalesce(({granting}), 'SELECT 1');"])
        return statement, *self._grant_in_partitions(*columns)

    def _grant_in_partitions(self, column: str, other: str) -> tuple[str, ...]:
        """Return the same grants for partitions, which a script cannot know."""
        if self.copy is not None and not self.facts.is_partitioned:
            return ()
        table = self.window.table
        return (column_copy.grants_in_partitions(table, column, other),)

    def _take_down(self, *then: str) -> tuple[str, ...]:
        window = self.window
        drop = f"ALTER TABLE {window.table.sql} DROP COLUMN {quote(window.twin)}"
        statements = (*self.sync.drop(), drop, *then)
        return standing_aside(self.views, window.table, statements)

    @property
    def lock(self) -> RelationLock:
        """Return the lock that each of the steps takes."""
        tree = self.facts.is_partitioned
        return RelationLock(LockMode.ACCESS_EXCLUSIVE, self.window.table, tree=tree)

    @property
    def _closed(self) -> SkipCondition:
        window = self.window
        words = f'no window from "{window.original}" to "{window.twin}" is open'
        return SkipCondition(f"(NOT {window.is_open})", words)

    # ---------------------------------------------------------------- preconditions

    def _nothing_in_the_way(self, more: str) -> Precondition:
        window = self.window

        def refused(rows: Sequence[Row]) -> ZdtError:
            return DependentObjectsError(
                f'"{window.label}" cannot have a twin',
                detail=f"Column {quote(window.original)}: {_listed(rows)}.",
                hint="First change what the detail lists, then run the same command "
                "again.",
                table=window.table.label,
                column=window.original,
            )

        found = obstacles.of_twin(
            window.table,
            window.original,
            window.triggers,
            self.type.partition(" COLLATE ")[0],
        )
        if more:
            found = f"SELECT * FROM ({found}) a UNION SELECT * FROM ({more}) b"  # noqa: S608  # ours
        return Precondition(found, refused)

    def _can_be_updated(self) -> Precondition:
        table = self.window.table

        def refused(rows: Sequence[Row]) -> ZdtError:
            return PreconditionError(
                f'rows of "{table.label}" cannot be updated, so no twin can be filled',
                detail=f"Without a replica identity: {_listed(rows)}.",
                hint=replica_identity.hint(rows),
                table=table.label,
            )

        return Precondition(replica_identity.lacking(table), refused)

    def _nothing_on_twin(self) -> tuple[Precondition, ...]:
        window = self.window

        def refused(rows: Sequence[Row]) -> ZdtError:
            return self._cannot_lose(window.twin, window.original, rows)

        ours = (window.check, *window.triggers, *self.ours)
        found = obstacles.of_drop(
            window.table, window.twin, ours, views_stand_aside=bool(self.views)
        )
        rights = (nothing_of_its_own(view, window.table) for view in self.views)
        return Precondition(found, refused), *rights

    def _cannot_lose(self, column: str, other: str, rows: Sequence[Row]) -> ZdtError:
        table = self.window.table.label
        return DependentObjectsError(
            f'other objects depend on "{table}.{column}" and would be lost with it',
            detail=f"Found: {_listed(rows)}.",
            hint=f'Make the same objects on "{table}.{other}", then drop those on '
            f'"{table}.{column}", and run the same command again.',
            table=table,
            column=column,
        )

    def _is_proven(self, migrate_call: str) -> Precondition:
        window = self.window

        def unproven(_rows: Sequence[Row]) -> ZdtError:
            return GateClosedError(
                f'cannot keep only "{window.twin}" yet: the two columns are not proven '
                f'to match in every row of "{window.table.label}"',
                detail=f'Constraint "{window.check}" is not validated.',
                hint=f"Run the revision with {migrate_call} first.",
                table=window.table.label,
                column=window.twin,
            )

        found = "SELECT 'a row that may not match in both columns'"
        return Precondition(f"{found} WHERE NOT {window.is_proven}", unproven)


def _listed(rows: Sequence[Row]) -> str:
    return "; ".join(str(row[0]) for row in rows)
