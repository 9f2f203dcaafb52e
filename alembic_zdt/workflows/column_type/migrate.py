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
from typing import TYPE_CHECKING, Any, Literal

from alembic.operations import ops
from sqlalchemy.types import TypeEngine

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.triggers import checked_triggers
from alembic_zdt.errors import UndefinedObjectError, ZdtError
from alembic_zdt.names import quote
from alembic_zdt.operations.backfill_step import backfilling
from alembic_zdt.operations.base import directive
from alembic_zdt.operations.validation import validation_steps
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, Row, SkipCondition, Step
from alembic_zdt.twin.repair import changed_around, is_broken, renamed_columns
from alembic_zdt.workflows.column_type.casting import CastingOp

if TYPE_CHECKING:
    from alembic.operations import Operations


@directive
class MigrateAlterColumnTypeOp(CastingOp):
    """The operation behind ``op.migrate_alter_column_type()``."""

    directive = "migrate_alter_column_type"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        type_: TypeEngine[Any] | type[TypeEngine[Any]],
        *,
        copy_indexes: bool = True,
        triggers: Literal["fire", "skip"] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(table_name, column_name, type_, **options)
        self.copy_indexes = copy_indexes
        self.triggers = checked_triggers(triggers)

    @classmethod
    def migrate_alter_column_type(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        type_: TypeEngine[Any] | type[TypeEngine[Any]],
        *,
        new_column_name: str | None = None,
        existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        using: str | None = None,
        reverse_using: str | None = None,
        copy_indexes: bool = True,
        triggers: Literal["fire", "skip"] | None = None,
        schema: str | None = None,
    ) -> None:
        """Fill the twin of another type, and prove that every row has it.

        This is the second of three phases.  Rows are filled in short batches, as
        ``op.backfill()`` does.  Then NOT NULL, CHECK constraints, indexes and extended
        statistics of the original are copied to the twin, without blocking reads or
        writes.  The contract builds unique indexes, unless new code may need them under
        a new name.

        Args:
            table_name: the table.
            column_name: the column.
            type_: the new type.
            new_column_name: the name of the column of the new type, if it has one.
            existing_type: the current type; needed in a script.
            using: the new value as an SQL expression over the column.
            reverse_using: the old value as an SQL expression over the new column.
            copy_indexes: False leaves indexes and extended statistics to the contract.
            triggers: as in ``op.backfill()``.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: the table, the column or the expand is missing.
            UsageError: the server refuses the type for an object that depends on it,
                or a row would lose something by a cast.
            LockNotAvailableError: rows stay locked.

        Example::

            op.migrate_alter_column_type(
                "orders", "total", sa.BigInteger(), existing_type=sa.Integer()
            )

        Instead of::

            op.alter_column("orders", "total", type_=sa.BigInteger())

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                type_,
                new_column_name=new_column_name,
                existing_type=existing_type,
                using=using,
                reverse_using=reverse_using,
                copy_indexes=copy_indexes,
                triggers=triggers,
                schema=schema,
            )
        )

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'fill the twin of "{self.words}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's own call."""
        names, options = super().arguments()
        copied = None if self.copy_indexes else False
        chosen = {"copy_indexes": copied, "triggers": self.triggers or None}
        return names, {**options, **chosen}

    def reverse(self) -> ops.ModifyTableOps:
        """Return no operations, because filled values do no harm."""
        return ops.ModifyTableOps(self.table.name, [], schema=self.table.schema)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a window that is not open or does not keep the columns equal."""
        trusted = super().preconditions(server)
        twin = self.twin(server)
        window = twin.window
        return (
            *trusted,
            renamed_columns(twin),
            changed_around(twin),
            Precondition(f"SELECT 1 WHERE NOT {twin.is_begun}", self._not_begun),
            self.begun_alike(window),
            is_broken(twin, self.phase(self.phases.expand).call, self.call),
            *self.impossible(server, window.is_open),
        )

    def _not_begun(self, _rows: Sequence[Row]) -> ZdtError:
        begin = self.phase(self.phases.expand)
        return UndefinedObjectError(
            f'"{self.words}" has no twin of type {self.sql_type.sql}',
            detail="No trigger keeps the two in step.",
            hint=f"Begin with {begin.call}.",
            table=self.table.words,
            column=self.column,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return steps that fill the twin, prove every row and copy the indexes."""
        twin = self.twin(server)
        window, sync = twin.window, twin.sync
        definition = Definition(
            self.table,
            # The trigger converts the value, as the CHECK requires.
            {window.twin: quote(window.twin)},
            where=f"NOT ({sync.condition})",
            directive="migrate_alter_column_type",
            triggers=self.triggers,
        )
        done = twin.is_filled
        proven = SkipCondition(done, "every row is proven to have it")
        filling = backfilling(definition.default_name, definition, skip_if=proven)
        facts = server.table(self.table)
        validating = validation_steps(window.check, self.table, facts, done=done)
        narrowing = self.narrowing(server)
        if narrowing:
            looks = (narrowing.look(max_seconds=None),)
            validating[0] = replace(validating[0], preconditions=looks)
        preparing = self.preparing(server, early=True, copies=self.copy_indexes)
        return (filling, *validating, *preparing)
