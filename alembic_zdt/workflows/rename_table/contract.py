"""The end of a rename of a table: one of the two names stays.

The view is dropped.  If the view's name stays, the table gets it in the same short
transaction.

``op.expand_rename_table()`` explains all phases.

What can still go wrong: code that still uses the dropped name gets errors from then on.

https://www.postgresql.org/docs/current/sql-dropview.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_zdt.catalog import bridge, obstacles
from alembic_zdt.catalog.dependents.views import nothing_of_its_own
from alembic_zdt.errors import (
    UndefinedObjectError,
    ZdtError,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.base import ZdtOperation, directive
from alembic_zdt.operations.refusals.needed import needed
from alembic_zdt.operations.refusals.window_kept import no_window
from alembic_zdt.server_facts import Question, Server
from alembic_zdt.steps import Precondition, RelationLock, Row, SkipCondition, Step
from alembic_zdt.workflows.outdated import Outdated, ignored_names
from alembic_zdt.workflows.rename_table.base import RenameTableOp
from alembic_zdt.workflows.rename_table.expand import ExpandRenameTableOp


@directive
class ContractRenameTableOp(RenameTableOp):
    """Keep only the new name of a table: the last of two phases.

    Run it after every old process has ended.  It drops the view that has the old
    name.  With the names exchanged it keeps the old name.  That call is the
    downgrade of ``op.expand_rename_table()``.

    Args:
        old_table_name: the name to drop.
        new_table_name: the name that stays.
        ignore_mentions: names of functions and triggers whose text uses the dropped
            name, but that do not fail without it.

    Raises:
        UndefinedObjectError: no table has one of the names, or no view has the
            other.
        UsageError: both names are the same.
        GateClosedError: sessions from before the expand are connected.
        DependentObjectsError: objects use the view, or a function still names it;
            all of them are listed.

    https://www.postgresql.org/docs/current/sql-dropview.html
    """

    directive = "contract_rename_table"

    def __init__(
        self, *names: str, ignore_mentions: Sequence[str] | None = None, **options: Any
    ) -> None:
        super().__init__(*names, **options)
        ignored = ignored_names(ignore_mentions)
        self._outdated = Outdated(self.old, stays=self.new.name, ignored=ignored)

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'keep "{self.new.label}" as the only name of its table'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's own call."""
        names, options = super().arguments()
        ignored = list(self._outdated.ignored) or None
        return names, {"ignore_mentions": ignored} | options

    def reverse(self) -> ZdtOperation:
        """Return the call that makes the view again, for old code."""
        return ExpandRenameTableOp(
            self.old.name, self.new.name, view_only=True, schema=self.old.schema
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions for the two names, and for outdated functions."""
        return (*super().questions(), self._outdated.question)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse names other than a table and its view, unless the rename is done."""
        known = (
            bridge.is_there(self.old, self.new),
            bridge.is_there(self.new, self.old),
            f"({bridge.is_table(self.new)} AND {self.old.regclass} IS NULL)",
        )
        wrong = f"SELECT 'no such view' WHERE NOT ({' OR '.join(known)})"
        is_open = f"({' OR '.join(known[:2])})"
        return (
            Precondition(wrong, self._no_bridge),
            *self._outdated.refused(server, self, is_open),
        )

    def _no_bridge(self, _rows: Sequence[Row]) -> ZdtError:
        return UndefinedObjectError(
            f'"{self.old.label}" and "{self.new.label}" are not two names of one table',
            detail="Neither is a view that op.expand_rename_table() has made.",
            hint="Correct the names.",
            table=self.old.label,
        )

    def steps(self, server: Server) -> Sequence[Step]:  # noqa: ARG002  # asked by guards
        """Return a step for each direction, skipped if its view does not exist."""
        return self._drop_view(), self.rename_back()

    def _drop_view(self) -> Step:
        there = bridge.is_there(self.old, self.new)
        return Step(
            purpose=f'drop the view "{self.old.label}" of "{self.new.label}"',
            statements=(f"DROP VIEW {self.old.sql}",),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self.old, kind="view"),),
            skip_if=SkipCondition(
                f"(NOT {there})", f'"{self.old.label}" is not a view of it'
            ),
            preconditions=(
                self._unused(self.old),
                nothing_of_its_own(self.old, self.new),
            ),
            stands_on=(self.old, self.new),
        )

    def rename_back(self) -> Step:
        """Return the step that ends a rename in the other direction."""
        there = bridge.is_there(self.new, self.old)
        return Step(
            purpose=f'rename table "{self.old.label}" to "{self.new.name}" again',
            statements=(
                f"DROP VIEW {self.new.sql}",
                f"ALTER TABLE {self.old.sql} RENAME TO {quote(self.new.name)}",
            ),
            # In the order in which a query of the view locks them.
            locks=(
                RelationLock(LockMode.ACCESS_EXCLUSIVE, self.new),
                RelationLock(LockMode.ACCESS_EXCLUSIVE, self.old),
            ),
            skip_if=SkipCondition(
                f"(NOT {there})", f'"{self.new.label}" is not a view of it'
            ),
            preconditions=(
                self._unused(self.new),
                nothing_of_its_own(self.new, self.old),
                no_window(self.old),
            ),
            stands_on=(self.old, self.new),
        )

    def _unused(self, view: QualifiedName) -> Precondition:
        purpose = f'drop the view "{view.label}"'
        hint = "Let these objects use the table, then run the same command again."
        used = needed(purpose, hint, table=view.label)
        return Precondition(obstacles.of_drop_table(view), used)
