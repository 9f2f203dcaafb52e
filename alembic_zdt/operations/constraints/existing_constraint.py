"""Dropping a constraint of any type.

``DROP CONSTRAINT`` takes ACCESS EXCLUSIVE for milliseconds.  For a foreign key it locks
*two* tables, the referenced one too.  It takes both locks with short, repeated
attempts, the referenced table first, in the order in which the application locks them.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_zdt.catalog import constraint as catalog
from alembic_zdt.catalog.windows import open_windows
from alembic_zdt.errors import (
    UsageError,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.base import (
    TableOperation,
    ZdtOperation,
    directive,
    require_table,
)
from alembic_zdt.operations.constraints.constraint_names import (
    dropped_name,
    is_of_type,
    queued_constraint,
)
from alembic_zdt.operations.indexes.index_ddl import kept
from alembic_zdt.operations.nothing_to_drop import DropOperation, Sought
from alembic_zdt.operations.refusals.window_kept import none_stands
from alembic_zdt.server_facts import (
    ConstraintFacts,
    ConstraintQuestion,
    Question,
    Server,
    TableQuestion,
)
from alembic_zdt.steps import (
    Precondition,
    RelationLock,
    SkipCondition,
    Step,
)

if TYPE_CHECKING:
    from alembic.operations import Operations

_FOREIGN_KEY = "f"


@directive
class DropConstraintSafelyOp(DropOperation, TableOperation):
    """The operation behind ``op.drop_constraint_safely()``."""

    directive = "drop_constraint_safely"
    ends_queued_calls = True

    def __init__(
        self,
        constraint_name: str,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool = False,
        create: ZdtOperation | None = None,
        as_written: str | None = None,
    ) -> None:
        self.name = kept(constraint_name, "constraint")
        self.table = QualifiedName(table_name, schema)
        self.type_ = type_
        self.as_written = as_written if as_written != self.name else None
        self.if_exists = bool(if_exists)
        self.create = create

    @classmethod
    def drop_constraint_safely(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool = False,
    ) -> None:
        """Drop a constraint with short, repeated lock attempts.

        Dropping a foreign key also locks the referenced table, and locks it first.

        Args:
            constraint_name: the constraint; a naming convention is applied as by
                ``drop_constraint()``, if ``type_`` is given.
            table_name: its table.
            type_: its type, as in Alembic; a constraint of another type is refused.

        Raises:
            UndefinedObjectError: no such table or constraint.
            WrongObjectTypeError: no table, or the constraint is not of ``type_``.
            DependentObjectsError: a foreign key needs this unique or primary key, or
                an open window needs it.

        Example::

            op.drop_constraint_safely("fk_orders_user_id", "orders", "foreignkey")

        Instead of::

            op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        given, table = constraint_name, QualifiedName(table_name, schema)
        name = dropped_name(given, table, type_, operations.schema_obj)
        names = name, table_name, type_
        op = cls(*names, schema=schema, if_exists=if_exists, as_written=given)
        operations.invoke(op)

    @classmethod
    def from_stock(cls, stock: ops.DropConstraintOp) -> DropConstraintSafelyOp:
        """Build the safe operation for Alembic's ``drop_constraint()``."""
        if not isinstance(stock.constraint_name, str):
            raise UsageError(
                f'a constraint of "{stock.table_name}" has no name',
                detail="It can only be dropped by its name.",
                hint="Name it in the model, or with a naming_convention.",
            )
        return cls(
            stock.constraint_name,
            stock.table_name,
            stock.constraint_type,
            schema=stock.schema,
            if_exists=bool(getattr(stock, "if_exists", None)),
        )

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'drop constraint "{self.name}" of "{self.table.label}"'

    @property
    def queue_object(self) -> str:
        """Return the name of the constraint after that of its table."""
        return queued_constraint(self.table, self.name)

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        named = {"type_": self.type_, "schema": self.table.schema}
        option = {"if_exists": self.if_exists or None}
        return (self.as_written or self.name, self.table.name), named | option

    @property
    def sought(self) -> Sought:
        """Return the constraint, and the query for the others of its table."""
        names = dict.fromkeys((self.name, self.as_written or self.name))
        found = " OR ".join(catalog.exists(name, self.table) for name in names)
        return Sought(
            *("constraint", self.name, f"({found})", self.table),
            "SELECT conname::text FROM pg_catalog.pg_constraint"
            f" WHERE conrelid = {self.table.regclass}",
            f'Table "{self.table.label}" has',
            {"table": self.table.label, "constraint": self.name},
        )

    def reverse(self) -> ZdtOperation:
        """Create the constraint again, if its definition is known."""
        if self.create is None:
            self._irreversible(
                "The definition of the constraint is not part of the call.",
                "Write the directive that creates it into the downgrade.",
            )
        return self.create

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the table and the constraint."""
        names = dict.fromkeys((self.name, self.as_written or self.name))
        asked = (ConstraintQuestion(self.table, name) for name in names)
        return TableQuestion(self.table), *asked

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the table exists and no open window needs the constraint."""
        require_table(self.table, server)
        window = open_windows.stands_on_constraint(self.table, self.name)
        return (none_stands(window, self.purpose, self.table.schema),)

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the step that locks the referenced table and drops the constraint."""
        found = f"(NOT {catalog.exists(self.name, self.table)})"
        step = self._step(self.name, server, found)
        if self.as_written is None:
            return (step,)
        # A revision of an earlier release may contain the final name already.
        gone = f"(NOT {catalog.exists(self.as_written, self.table)})"
        return self._step(self.as_written, server, f"({gone} OR NOT {found})"), step

    def _step(self, name: str, server: Server, done: str) -> Step:
        facts = server.answer(ConstraintQuestion(self.table, name))
        tree = server.table(self.table).is_partitioned
        own = RelationLock(LockMode.ACCESS_EXCLUSIVE, self.table, tree=tree)
        dropped = f"ALTER TABLE {self.table.sql} DROP CONSTRAINT {quote(name)}"
        return Step(
            purpose=self.purpose,
            statements=(dropped,),
            locks=(*self._referent_locks(name, server, facts), own),
            skip_if=SkipCondition(done, f'there is no constraint "{name}"'),
            preconditions=tuple(is_of_type(name, self.table, self.type_)),
        )

    def _referent_locks(
        self, name: str, server: Server, facts: ConstraintFacts | None
    ) -> Iterator[RelationLock]:
        if facts is None and not server.online and self.type_ == "foreignkey":
            referent = QualifiedName("the table that it refers to")
            query = catalog.referent(name, self.table)
            yield RelationLock(LockMode.ACCESS_EXCLUSIVE, referent, found_by=query)
        if facts is None or facts.type != _FOREIGN_KEY or facts.referent is None:
            return
        tree = facts.referent_is_partitioned
        yield RelationLock(LockMode.ACCESS_EXCLUSIVE, facts.referent, tree=tree)
