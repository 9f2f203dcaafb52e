"""The middle of a change of a column's type, which fills and indexes the twin.

Rows are filled in short batches, and a CHECK proves that every row is filled.  Then the
objects that depend on the original are copied to the twin.  If the twin has a name of
its own, new code may need all of them before the contract.

``op.expand_alter_column_type()`` explains all phases.

What can still go wrong: an upsert may now and then fail with a unique violation, if the
twin has a name of its own.  That is possible from the build of a unique index until the
contract.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alembic_zdt.errors import UndefinedObjectError, ZdtError
from alembic_zdt.names import quote
from alembic_zdt.operations.base import directive
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, Row, Step
from alembic_zdt.twin.repair import changed_around, is_broken, renamed_columns
from alembic_zdt.workflows.column_type.casting import CastingOp
from alembic_zdt.workflows.phase_options import MigratePhase


@directive
class MigrateAlterColumnTypeOp(MigratePhase, CastingOp):
    """Fill the twin of another type, and prove that every row has it.

    This is the second of three phases.  Rows are filled in short batches, as
    ``op.backfill()`` does.  Then NOT NULL, CHECK constraints, indexes and extended
    statistics of the original are copied to the twin, without blocking reads or
    writes.  The contract builds unique indexes, unless new code may need them under
    a new name.

    Args:
        existing_type: the current type; needed in a script.
        copy_indexes: False leaves indexes and extended statistics to the contract.
        triggers: as in ``op.backfill()``.

    Raises:
        UndefinedObjectError: the table, the column or the expand is missing.
        UsageError: the server refuses the type for an object that depends on it,
            or a row would lose something by a cast.
        LockNotAvailableError: rows stay locked.

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "migrate_alter_column_type"

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'fill the twin of "{self.label}"'

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a window that is not open or does not keep the columns equal."""
        trusted = super().preconditions(server)
        twin = self.twin(server)
        window = twin.window
        return (
            *trusted,
            renamed_columns(twin),
            changed_around(twin),
            Precondition(f"SELECT 1 WHERE NOT {twin.is_expanded}", self._not_begun),
            self.begun_alike(window),
            is_broken(twin, self.phase(self.phases.expand).call, self.call),
            *self.impossible(server, window.is_open),
        )

    def _not_begun(self, _rows: Sequence[Row]) -> ZdtError:
        begin = self.phase(self.phases.expand)
        return UndefinedObjectError(
            f'"{self.label}" has no twin of type {self.sql_type.sql}',
            detail="No trigger keeps a column of this type in sync with it.",
            hint=f"Begin the change with {begin.call}.",
            table=self.table.label,
            column=self.column,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return steps that fill the twin, prove every row and copy the indexes."""
        twin = self.twin(server)
        # The trigger converts the value, as the CHECK requires.
        value = quote(twin.window.twin)
        directive = "migrate_alter_column_type"
        fill, check, *others = self.filling(server, twin, value, directive)
        narrowing = self.narrowing(server)
        if narrowing:
            looks = (narrowing.look(max_seconds=None),)
            check = replace(check, preconditions=looks)
        preparing = self.preparing(server, early=True, copies=self.copy_indexes)
        return (fill, check, *others, *preparing)
