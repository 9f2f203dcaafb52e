"""What is known around a call: what the revision, and those before it, have done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.recording.call import AUTOCOMMIT, Call
from alembic_zdt.checks.sql.acts import TableAct
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.constraint import ValidateConstraintOp
from alembic_zdt.operations.stock import made_and_gone


@dataclass
class Around:
    """What is known, call by call.

    Attributes:
        new: the tables that this revision has made; nobody else uses them yet.
        constraints: by table and name, the operation that made it.
        not_valid: names of those that older rows may violate, by table.
        earlier: the calls of this revision before the present one.
        is_downgrade: whether the way back is looked at.
    """

    new: set[QualifiedName] = field(default_factory=set)
    constraints: dict[tuple[QualifiedName, str], Any] = field(default_factory=dict)
    not_valid: dict[QualifiedName, set[str]] = field(default_factory=dict)
    earlier: list[Call] = field(default_factory=list)
    is_downgrade: bool = False

    def start_revision(self) -> None:
        """What was new is used by now."""
        self.new.clear()
        self.earlier.clear()

    def note(self, call: Call) -> None:
        """Take note of a call that was looked at."""
        self.earlier.append(call)
        for operation in call.acts:
            made, gone = made_and_gone(operation)
            if not isinstance(operation, ops.RenameTableOp) or self.new & set(gone):
                self.new |= set(made)
            self.new -= set(gone)
            if isinstance(operation, ops.AddConstraintOp):
                self._note_constraint(operation)
            elif isinstance(operation, ValidateConstraintOp):
                self.not_valid.get(operation.table, set()).discard(operation.name)
            elif isinstance(operation, ops.DropConstraintOp):
                key = table_of(operation), str(operation.constraint_name)
                self.constraints.pop(key, None)

    def _note_constraint(self, operation: Any) -> None:
        table, name = table_of(operation), str(operation.constraint_name)
        self.constraints[table, name] = operation
        if operation.kw.get("postgresql_not_valid"):
            self.not_valid.setdefault(table, set()).add(name)

    def is_new(self, table: QualifiedName) -> bool:
        """Whether this revision has made it."""
        return table in self.new

    def proves(self, operation: ops.AlterColumnOp) -> bool:
        """Whether a valid CHECK says that the column has no NULL."""
        table = table_of(operation)
        wanted = {
            f"{spelling} is not null"
            for spelling in (operation.column_name, quote(operation.column_name))
        }
        return any(
            owner == table
            and name not in self.not_valid.get(table, ())
            and isinstance(made, ops.CreateCheckConstraintOp)
            and " ".join(str(made.condition).split()).lower().strip("()") in wanted
            for (owner, name), made in self.constraints.items()
        )

    def in_same_transaction(self, call: Call) -> Iterator[Call]:
        """The earlier calls whose locks are still held."""
        if call.transaction != AUTOCOMMIT:
            for other in self.earlier:
                if other.transaction == call.transaction:
                    yield other


def table_of(operation: Any) -> QualifiedName:
    """The table that an operation changes."""
    if isinstance(operation, TableAct):
        return operation.table
    if isinstance(operation, ops.CreateForeignKeyOp):
        return QualifiedName(operation.source_table, operation.kw.get("source_schema"))
    return QualifiedName(str(operation.table_name), getattr(operation, "schema", None))


def on_used(call: Call, around: Around, kind: type[Any]) -> Iterator[Any]:
    """The operations of a call, of that kind, on tables that somebody else may use."""
    for operation in call.acts:
        if isinstance(operation, kind) and not around.is_new(table_of(operation)):
            yield operation
