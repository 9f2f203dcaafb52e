"""Rename a column with a view that gets the table's name and shows both columns.

No value is copied, and no trigger is needed.  The table gets another name, and the view
shows one of its columns twice.  A write to the view is a write to the table.

While the view exists, these do not work: ``COPY`` of the view, ``TRUNCATE``,
``ALTER TABLE``, foreign keys to it and ``ON CONFLICT ON CONSTRAINT``.
``GROUP BY`` a primary key alone, system columns such as ``ctid`` and ``xmin``, and
``MERGE`` before PostgreSQL 17 do not work either.  The server refuses a statement that
writes both names.

https://www.postgresql.org/docs/current/sql-createview.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import bridge, column, obstacles, ownership
from alembic_zdt.catalog.bridge import BY_OWNER
from alembic_zdt.errors import (
    DependentObjectsError,
    DuplicateObjectError,
    PreconditionError,
    UndefinedObjectError,
    ZdtError,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import BASE, QualifiedName, distinct, quote
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.refusals.needed import needed
from alembic_zdt.operations.refusals.window_kept import may_be_renamed
from alembic_zdt.steps import Precondition, RelationLock, Row, SkipCondition, Step
from alembic_zdt.twin.refusing import column_is_there


@dataclass(frozen=True)
class ColumnView:
    """A table that a view replaces for a while.

    Attributes:
        table: the table's name, which the view has meanwhile.
        old: the column's old name, which the contract removes.
        new: the column's new name, which stays.
    """

    table: QualifiedName
    old: str
    new: str

    @property
    def base(self) -> QualifiedName:
        """Return the name of the table while the view has its name."""
        return self.table.sibling(distinct(BASE, self.table.name))

    @property
    def is_open(self) -> str:
        """Return SQL that is true if the view shows the old column under both names."""
        return bridge.has_alias(self.table, self.base, bridge.Alias(self.old, self.new))

    @property
    def is_open_the_other_way(self) -> str:
        """Return SQL that is true if the view shows the new column under both names."""
        return bridge.has_alias(self.table, self.base, bridge.Alias(self.new, self.old))

    @property
    def is_over(self) -> str:
        """Return SQL that is true if the view is a table again, with one name only."""
        is_there = column.exists(self.table, self.new)
        is_gone = f"NOT {column.exists(self.table, self.old)}"
        return f"({bridge.is_table(self.table)} AND {is_there} AND {is_gone})"

    # --------------------------------------------------------------------- the expand

    def beginning(self) -> Sequence[Precondition]:
        """Refuse to begin without a table that has only the old name."""
        is_table = bridge.is_table(self.table)
        column_missing = f"NOT {column.exists(self.table, self.old)}"
        taken = column.exists(self.table, self.new)
        rls = bridge.is_hidden(self.table)
        refused = (
            ("no such table", f"NOT {is_table}", self._no_table),
            ("no such column", column_missing, self._no_column),
            ("a column of the new name", taken, self._name_is_taken),
            ("row level security", rls, self._no_invoker),
        )
        published = obstacles.of_publications(self.table)
        defaulted = obstacles.of_second_name(self.table, self.old)
        return (
            *(
                Precondition(f"SELECT '{words}' WHERE {when}", error).unless(
                    self._begun
                )
                for words, when, error in refused
            ),
            Precondition(published, self._is_published).unless(self._begun),
            Precondition(defaulted, self._has_default).unless(self._begun),
        )

    @property
    def _begun(self) -> str:
        return f"({self.is_open} OR {self.is_open_the_other_way} OR {self.is_over})"

    def opening(self) -> Step:
        """Return the step that renames the table and gives its name to the view."""
        alias = bridge.Alias(self.old, self.new)
        renaming = f"ALTER TABLE {self.table.sql} RENAME TO {quote(self.base.name)}"
        return Step(
            purpose=f'show "{self.table.label}.{self.old}" as "{self.new}", too',
            statements=(renaming, *bridge.creating(self.table, self.base, alias)),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self.table, only=True),),
            skip_if=SkipCondition(
                self._begun, f'"{self.table.label}" is a view with both'
            ),
            preconditions=(self._base_is_free(), *may_be_renamed(self.table)),
            stands_on=(self.table,),
        )

    def _no_table(self, _rows: Sequence[Row]) -> ZdtError:
        return UndefinedObjectError(
            f'table "{self.table.label}" does not exist',
            detail="No ordinary or partitioned table has that name.",
            hint="Correct the name, or pass schema=. If it is the view of another "
            "rename, end that rename first.",
            table=self.table.label,
        )

    def _no_column(self, _rows: Sequence[Row]) -> ZdtError:
        return UndefinedObjectError(
            f'column "{self.table.label}.{self.old}" does not exist',
            detail="The table has no column of that name.",
            hint="Correct the name.",
            table=self.table.label,
            column=self.old,
        )

    def _name_is_taken(self, _rows: Sequence[Row]) -> ZdtError:
        return column_is_there(
            self.table, self.new, "The table has a column of the new name."
        )

    def _no_invoker(self, _rows: Sequence[Row]) -> ZdtError:
        return PreconditionError(
            f'"{self.table.label}" cannot become a view: it has row level security',
            detail=BY_OWNER,
            hint='Leave strategy="view" out.',
            table=self.table.label,
        )

    def _is_published(self, rows: Sequence[Row]) -> ZdtError:
        found = ", ".join(str(row[0]) for row in rows)
        return DependentObjectsError(
            f'"{self.table.label}" cannot become a view: it is replicated by its name',
            detail=f"Found: {found}.",
            hint='Leave strategy="view" out.',
            table=self.table.label,
        )

    def _has_default(self, rows: Sequence[Row]) -> ZdtError:
        return DependentObjectsError(
            f'"{self.table.label}" cannot become a view with two names of "{self.old}"',
            detail=f"Found: {rows[0][0]}.",
            hint="Move the default from the domain to the column, then run the same "
            "command again.",
            table=self.table.label,
            column=self.old,
        )

    def _base_is_free(self) -> Precondition:
        def taken(_rows: Sequence[Row]) -> ZdtError:
            return DuplicateObjectError(
                f'"{self.base.label}" exists already',
                detail=f'"{self.table.label}" would get that name for a while.',
                hint="Rename or drop that relation first.",
                table=self.base.label,
            )

        found = f"SELECT 'another relation' WHERE {self.base.regclass} IS NOT NULL"
        return Precondition(found, taken)

    # ------------------------------------------------------------------- the contract

    def ending(self) -> Sequence[Precondition]:
        """Refuse to end a rename that has not begun."""
        # The table gets the owner and the rights of the view.
        return (
            ownership.look(ownership.view(self.table), subject=self.base),
            self.known(),
        )

    def known(self) -> Precondition:
        """Refuse a rename that has not begun in either direction and is not done."""

        def unknown(_rows: Sequence[Row]) -> ZdtError:
            return UndefinedObjectError(
                f'"{self.old}" and "{self.new}" of "{self.table.label}" are not two '
                "names of one column",
                detail=(
                    f'"{self.table.label}" is not a view with both names that '
                    f"{self._expand} has made."
                ),
                hint="Correct the names, or the strategy.",
                table=self.table.label,
                column=self.old,
            )

        begun = (self.is_open, self.is_open_the_other_way, self.is_over)
        return Precondition(f"SELECT 1 WHERE NOT ({' OR '.join(begun)})", unknown)

    @property
    def _expand(self) -> str:
        names = (self.table.name, self.old, self.new)
        options = {"strategy": "view", "schema": self.table.schema}
        return written_call("expand_rename_column", names, options)

    def closing(self) -> Sequence[Step]:
        """Return a step for each direction, skipped if its view does not exist."""
        base, column_name = f"ALTER TABLE {self.base.sql}", quote(self.new)
        renaming = f"{base} RENAME COLUMN {quote(self.old)} TO {column_name}"
        return (
            self._becoming_table(self.is_open, self.old, renaming),
            self._becoming_table(self.is_open_the_other_way, self.new),
        )

    def _becoming_table(self, is_open: str, present: str, *renaming: str) -> Step:
        name = quote(self.table.name)
        kept = bridge.Alias(present, self.new)
        return Step(
            purpose=f'drop view "{self.table.label}", give its name to the table',
            statements=(
                bridge.rights_go_back(self.table, self.base, kept),
                f"DROP VIEW {self.table.sql}",
                *renaming,
                f"ALTER TABLE {self.base.sql} RENAME TO {name}",
            ),
            # In the order in which a query locks them.
            locks=(
                RelationLock(LockMode.ACCESS_EXCLUSIVE, self.table),
                RelationLock(LockMode.ACCESS_EXCLUSIVE, self.base),
            ),
            skip_if=SkipCondition(
                f"(NOT {is_open})", f'"{self.table.label}" is no such view'
            ),
            preconditions=(self._unused(),),
            stands_on=(self.table, self.base),
        )

    def _unused(self) -> Precondition:
        purpose = f'drop the view "{self.table.label}"'
        base = self.base.label
        hint = f'Let these objects use "{base}", then run the same command again.'
        used = needed(purpose, hint, table=self.table.label)
        return Precondition(obstacles.of_drop_table(self.table), used)
