"""Facts around a call, from its revision and the revisions before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from alembic.operations import ops
from sqlalchemy import CheckConstraint, Column

from alembic_zdt.checks.following import Following
from alembic_zdt.checks.models import Models
from alembic_zdt.checks.new_tables import NewTables
from alembic_zdt.checks.repeatable import alike
from alembic_zdt.checks.schema_state import SchemaState, plain
from alembic_zdt.checks.sql.effects import (
    AddNotNullNotValid,
    ChangeRows,
    MakeRelation,
    NoHarm,
    TableAct,
)
from alembic_zdt.checks.sql.parsing import is_one
from alembic_zdt.errors import IdentifierTooLongError
from alembic_zdt.names import QualifiedName, unquoted
from alembic_zdt.operations.constraints.check_constraint import (
    CreateCheckConstraintTwoPhaseOp,
)
from alembic_zdt.operations.constraints.validate_constraint import ValidateConstraintOp
from alembic_zdt.operations.stock import made_and_gone, makes_surely
from alembic_zdt.oracle import questions
from alembic_zdt.oracle.answers import Answers
from alembic_zdt.oracle.effect import Effect
from alembic_zdt.recording.call import AUTOCOMMIT, Call
from alembic_zdt.workflows.drop_column.contract import ContractDropColumnOp

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

Answer = TypeVar("Answer")

_NOT_NULL = re.compile(
    r"\A\(*\s*+(?P<column>\"(?:[^\"]|\"\")+\"|[\w$]+)\s+IS\s+NOT\s+NULL\s*\)*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class KnownCheck:
    """A CHECK constraint of a table.

    Attributes:
        column: the column that it proves to be free of NULL, empty for other checks.
        is_valid: whether it is validated, so that it holds for older rows.
    """

    column: str
    is_valid: bool


@dataclass
class CheckContext:
    """Facts for the checks, collected call by call.

    Attributes:
        new: the tables that this revision has made, under all the names that they had;
            no other session uses them yet.
        indexes: the indexes of these tables.
        proofs: the proven NOT NULL conditions, by table and by the name of the
            constraint.
        earlier: the calls of this revision before the present one.
        oracle: the database to query, or its facts, if there are any.
        models: the models of the application, if they are known.
        number: the number of the revision, from 0 on.
        known: facts about columns, indexes and types.
        locked: for each transaction the tables whose reads or writes wait for it.
        counted: the number of earlier calls that *locked* covers.
        run: the new tables of a run, None where nothing is run.
        driver: the driver of the database, empty if it is unknown.
        kept: the names of this package's tables, and of the version table.
        following: the calls after the present one, where they are known.
        migration: Alembic's context, None for files of SQL.
    """

    new: set[QualifiedName] = field(default_factory=set)
    indexes: set[QualifiedName] = field(default_factory=set)
    proofs: dict[QualifiedName, dict[str, KnownCheck]] = field(default_factory=dict)
    earlier: list[Call] = field(default_factory=list)
    oracle: Answers | None = None
    models: Models | None = None
    number: int = -1
    known: SchemaState = field(default_factory=SchemaState)
    locked: dict[int, set[QualifiedName]] = field(default_factory=dict)
    counted: int = 0
    run: NewTables | None = None
    driver: str = ""
    kept: Collection[str] = ()
    following: Following = field(default_factory=Following)
    migration: MigrationContext | None = None
    _changes: set[tuple[Any, ...]] = field(default_factory=set)

    def start_revision(self) -> None:
        """Forget the facts that hold within one revision only."""
        self.new.clear()
        if self.run is not None:
            self.run.clear()
        self.indexes.clear()
        self.earlier.clear()
        self.locked.clear()
        self.counted = 0
        self._changes.clear()
        self.number += 1
        self.known.start_revision()

    def note(self, call: Call) -> None:
        """Record the changes of a checked call."""
        try:
            for operation in call.acts:
                # The effect of SQL may depend on a condition, as in a DO block.
                is_said = operation is call.operation
                self._note(operation, is_sure=is_said and makes_surely(operation))
        except IdentifierTooLongError as error:
            call.leave_unread(error.primary)
        else:
            self._keep(call)

    def _note(self, operation: Any, *, is_sure: bool) -> None:
        self.known.note(operation)
        self._note_tables(operation, is_sure=is_sure)
        if isinstance(operation, ops.CreateIndexOp):
            table = table_of(operation)
            if self.is_new(table):
                self.indexes.add(plain(table.sibling(str(operation.index_name))))
        elif isinstance(operation, ops.DropColumnOp):
            self._forget(table_of(operation), operation.column_name)
        else:
            self._note_proof(operation)

    def _keep(self, call: Call) -> None:
        """Keep a call, except harmless ones and repeated changes of rows."""
        (act,) = call.acts or (None,)
        if isinstance(act, NoHarm) and not act.is_change:
            return
        if isinstance(act, ChangeRows | NoHarm):
            if (change := alike(call)) in self._changes:
                return
            self._changes.add(change)
        self.earlier.append(call)

    def _note_tables(self, operation: Any, *, is_sure: bool) -> None:
        said, left = made_and_gone(operation)
        made, gone = set(map(plain, said)), set(map(plain, left))
        if isinstance(operation, ops.RenameTableOp) and not self.new & gone:
            self.new -= made  # the name of a table that others use
        else:
            self.new |= made
        for table in gone:
            self.proofs.pop(table, None)
        if isinstance(operation, ops.CreateTableOp):
            self._note_checks(operation)
        elif isinstance(operation, MakeRelation):
            said = (operation.table,)
            self.new.add(plain(operation.table))
        if self.run is None:
            return
        if isinstance(operation, ops.RenameTableOp):
            self.run.note_renamed(left[0], said[0])
        else:
            self.run.note_gone(left)
            self.run.note_made(said, is_sure=is_sure)

    def _note_checks(self, operation: ops.CreateTableOp) -> None:
        """Record the CHECKs that are made with the table."""
        table = table_of(operation)
        for part in operation.columns:
            checks = part.constraints if isinstance(part, Column) else (part,)
            for number, check in enumerate(checks):
                if isinstance(check, CheckConstraint):
                    name = str(check.name or f"{part} {number}")
                    self._prove(table, name, check.sqltext, is_valid=True)

    def _note_proof(self, operation: Any) -> None:
        if isinstance(operation, ops.CreateCheckConstraintOp):
            is_valid = not operation.kw.get("postgresql_not_valid")
            name = str(operation.constraint_name)
            self._prove(table_of(operation), name, operation.condition, is_valid)
        elif isinstance(operation, CreateCheckConstraintTwoPhaseOp):
            self._prove(
                operation.table, operation.name, operation.condition, operation.validate
            )
        elif isinstance(operation, AddNotNullNotValid):
            proof = KnownCheck(operation.column, is_valid=False)
            self.proofs.setdefault(plain(operation.table), {})[operation.name] = proof
        elif isinstance(operation, ValidateConstraintOp) and not operation.later:
            own = self.proofs.get(plain(operation.table), {})
            if operation.name in own:
                own[operation.name] = replace(own[operation.name], is_valid=True)
        elif isinstance(operation, ops.DropConstraintOp):
            own = self.proofs.get(plain(table_of(operation)), {})
            own.pop(str(operation.constraint_name), None)
        elif isinstance(operation, ContractDropColumnOp):
            self._forget(operation.table, operation.column)

    def _prove(
        self, table: QualifiedName, name: str, condition: object, is_valid: bool
    ) -> None:
        match = _NOT_NULL.fullmatch(str(condition).strip())
        column = ""
        if match is not None:
            said = match["column"]
            column = unquoted(said if said.startswith('"') else said.lower())
        self.proofs.setdefault(plain(table), {})[name] = KnownCheck(column, is_valid)

    def _forget(self, table: QualifiedName, column: str) -> None:
        """Forget the CHECKs of a dropped column."""
        own = self.proofs.get(plain(table), {})
        for name in [name for name, proof in own.items() if proof.column == column]:
            del own[name]

    def is_new(self, table: QualifiedName) -> bool:
        """Check whether this revision has made the table."""
        return plain(table) in self.new if self.run is None else table in self.run

    def proves(self, operation: ops.AlterColumnOp) -> bool:
        """Check whether the column is proven to have no NULL."""
        table, column = table_of(operation), operation.column_name
        return self._is_proven(table, column)

    def has_no_null(self, table: QualifiedName, column: str) -> bool:
        """Check whether the column is NOT NULL, or proven to have no NULL."""
        is_declared = column in self.known.table(table).not_null
        return is_declared or self._is_proven(table, column)

    def _is_proven(self, table: QualifiedName, column: str) -> bool:
        if (
            KnownCheck(column, is_valid=True)
            in self.proofs.get(plain(table), {}).values()
        ):
            return True
        return bool(self.oracle and self.oracle.has_no_null(table, column))

    def columns_of_index(self, table: QualifiedName, index: str) -> list[str]:
        """Return the columns of an index, none if they are unknown."""
        known = self.known.table(table).indexes.get(index)
        if known is None and self.oracle is not None:
            known = self.ask(questions.columns_of_index, table.sibling(index))
        return known or []

    def included_in_index(self, table: QualifiedName, index: str) -> list[str]:
        """Return the columns of INCLUDE of an index that a database knows."""
        if self.known.table(table).indexes.get(index) is not None:
            return []  # the revisions' facts have only the key
        return self.ask(questions.included_in_index, table.sibling(index)) or []

    def is_modelled(self, table: QualifiedName, column: str | None = None) -> bool:
        """Check whether the models name the object and no later revision creates it."""
        models = self.models
        return bool(models and models.name(table, column, after=self.number))

    @property
    def answered(self) -> int:
        """Return how many questions the database has answered."""
        return self.oracle.answered if self.oracle else 0

    def effect(self, table: QualifiedName, action: str) -> Effect | None:
        """Return the effect of an ``ALTER TABLE``, None if it is unknown."""
        return self.oracle.effect(table, action) if self.oracle else None

    def changed_rows(
        self, table: QualifiedName, statements: Sequence[str]
    ) -> int | None:
        """Return how many rows a single statement changes, None if that is unknown."""
        if self.oracle is None or len(statements) != 1 or not is_one(statements[0]):
            return None
        return self.oracle.changed_rows(table, statements[0])

    def is_small(self, table: QualifiedName) -> bool:
        """Check whether the table is so small that no operation on it matters."""
        return bool(self.oracle and self.oracle.is_small(table))

    def waits_forever(self) -> bool:
        """Check whether statements of this run wait for locks without a bound."""
        return bool(self.oracle and self.oracle.waits_forever())

    def ask(
        self, question: Callable[..., Answer | None], *arguments: Any
    ) -> Answer | None:
        """Return the database's answer, None without a database or an answer.

        Args:
            question: a function of ``oracle.questions``.
            arguments: the arguments of the question, after the database.
        """
        return self.oracle.answer(question, *arguments) if self.oracle else None

    def has_check(self, table: QualifiedName) -> bool:
        """Check whether a valid CHECK proves something other than NOT NULL."""
        own = self.proofs.get(plain(table), {})
        return any(proof.is_valid and not proof.column for proof in own.values())

    def is_used(self, operation: Any) -> bool:
        """Check whether other sessions may use what an operation changes."""
        if isinstance(operation, ops.DropIndexOp):
            index = QualifiedName(str(operation.index_name), operation.schema)
            found = self.table_of_index(index)
            if found is not None:
                return not self.is_new(found)
            if not operation.table_name:
                return not self._is_missing(index) and plain(index) not in self.indexes
        return not self.is_new(table_of(operation))

    def table_of_index(self, index: QualifiedName) -> QualifiedName | None:
        """Return the table of an index, None if no database knows it."""
        return self.ask(questions.table_of_index, index)

    def _is_missing(self, index: QualifiedName) -> bool:
        oracle = self.oracle
        return bool(oracle and oracle.is_of_the_run and not oracle.oid(index))

    def in_same_transaction(self, call: Call) -> Iterator[Call]:
        """Yield the earlier calls whose locks are still held."""
        if call.transaction != AUTOCOMMIT:
            for other in self.earlier:
                if other.transaction == call.transaction:
                    yield other


def table_of(operation: Any) -> QualifiedName:
    """Return the table that an operation changes."""
    if isinstance(operation, TableAct):
        return operation.table
    if isinstance(operation, ops.CreateForeignKeyOp):
        return QualifiedName(operation.source_table, operation.kw.get("source_schema"))
    return QualifiedName(str(operation.table_name), getattr(operation, "schema", None))


def called(name: object) -> str:
    """Return a name for messages, even for an object without a name."""
    return str(name) if name else "without a name"


def on_used(call: Call, context: CheckContext, kind: type[Any]) -> Iterator[Any]:
    """Yield the operations of that kind on tables that other sessions may use."""
    for operation in call.acts:
        if isinstance(operation, kind) and context.is_used(operation):
            yield operation
