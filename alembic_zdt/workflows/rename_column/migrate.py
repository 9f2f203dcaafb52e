"""Fill the new name of a column in existing rows, and build its indexes.

What can still go wrong: from the build of a unique index on the twin until the
contract, an upsert may now and then fail with a unique violation.  COPY without a list
of columns, and ``SELECT *`` into a fixed number of variables, see one more column.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from alembic_zdt.catalog.dependents.copies import Copies
from alembic_zdt.errors import UndefinedObjectError, ZdtError
from alembic_zdt.names import quote
from alembic_zdt.operations.base import directive
from alembic_zdt.server_facts import Question, Server
from alembic_zdt.steps import Precondition, Row, Step
from alembic_zdt.twin.renamed import RenamedQuestion
from alembic_zdt.twin.repair import (
    changed_around,
    is_broken,
    renamed_columns,
)
from alembic_zdt.twin.window import Window
from alembic_zdt.workflows.index_copies import copying_steps, while_open
from alembic_zdt.workflows.phase_options import MigratePhase
from alembic_zdt.workflows.rename_column.base import RenameOp
from alembic_zdt.workflows.rename_column.expand import ExpandRenameColumnOp


@directive
class MigrateRenameColumnOp(MigratePhase, RenameOp):
    """Fill the new column in old rows, and prove that every row is filled.

    This is the second of three phases, after ``op.expand_rename_column()``.  It
    works in short batches, as ``op.backfill()`` does, and an interrupted run
    continues where it stopped.  Then it builds the indexes and extended statistics
    of the old column on the new one, concurrently.  The contract drops them.  Run
    it before code that uses the new name is deployed.  With ``strategy="view"``
    there is nothing to fill or to build.

    Args:
        copy_indexes: False builds no indexes and no extended statistics.
        triggers: as in ``op.backfill()``.

    Raises:
        UndefinedObjectError: the table, the column or the expand is missing.
        UsageError: both names are the same, or an argument is unknown.
        LockNotAvailableError: rows stay locked, or a transaction prevents the build
            of an index.

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "migrate_rename_column"

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'fill "{self.table.label}.{self.new_column}"'

    def questions(self) -> Sequence[Question[Any]]:
        """Add the questions for the old column's indexes and statistics."""
        serving = (self._serving, self._copies) if self._copies_indexes else ()
        return (*super().questions(), *serving)

    @property
    def _serving(self) -> RenamedQuestion:
        return RenamedQuestion(self.table, self.column, self.new_column)

    @property
    def _copies(self) -> Copies:
        return Copies(self.table, self.new_column)

    @property
    def _copies_indexes(self) -> bool:
        return self.copy_indexes and not self.view

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a window that is not open or does not keep the columns equal."""
        trusted = super().preconditions(server)
        if self.view:
            return (self.view.known(),)
        twin = self.twin(server)
        return (
            *trusted,
            renamed_columns(twin),
            changed_around(twin),
            Precondition(f"SELECT 1 WHERE NOT {twin.is_expanded}", self._not_begun),
            is_broken(twin, self.phase(ExpandRenameColumnOp).call, self.call),
        )

    def _not_begun(self, _rows: Sequence[Row]) -> ZdtError:
        begin = self.phase(ExpandRenameColumnOp)
        return UndefinedObjectError(
            f'"{self.table.label}.{self.new_column}" is not a twin of "{self.column}"',
            detail="No trigger keeps the two columns equal.",
            hint=f"Begin the rename with {begin.call}.",
            table=self.table.label,
            column=self.new_column,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return steps that fill the twin, validate the CHECK and build the indexes."""
        if self.view:
            return ()
        twin = self.twin(server)
        filling = self.filling(
            server, twin, quote(self.column), "migrate_rename_column"
        )
        return (*filling, *self._copying(server, twin.window))

    def _copying(self, server: Server, window: Window) -> Iterator[Step]:
        found = server.answer(self._serving)
        if not self._copies_indexes or found is None:
            return
        copies = server.answer(self._copies) or ()
        steps = copying_steps(window, server.table(self.table), found, copies)
        yield from while_open(window, steps)
