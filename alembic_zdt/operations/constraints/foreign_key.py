"""Adding a foreign key in two phases.

``ADD FOREIGN KEY`` reads both tables under SHARE ROW EXCLUSIVE, which blocks writes to
*both* until it ends.  With ``NOT VALID`` it takes milliseconds.  ``VALIDATE
CONSTRAINT`` then reads under SHARE UPDATE EXCLUSIVE on the child and ROW SHARE on the
parent, which blocks neither reads nor writes.  The parent is locked first.

On a partitioned child, NOT VALID works only from PostgreSQL 18 on.  On older versions
each partition first gets its own foreign key in two phases.  The foreign key of the
partitioned table then uses them.

What can still go wrong: without an index that begins with the child's columns, every
delete on the parent reads the whole child.  Build that index first.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.schema import AddConstraint

from alembic_zdt.catalog import constraint as catalog
from alembic_zdt.catalog.constraint import ForeignKeyShape
from alembic_zdt.connection.driver_errors import (
    DATATYPE_MISMATCH,
    FOREIGN_KEY_VIOLATION,
)
from alembic_zdt.errors import ForeignKeyViolationError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import (
    TableOperation,
    directive,
    require_columns,
    require_table,
)
from alembic_zdt.operations.calls.arguments import (
    check_foreign_key_words,
    paired_columns,
)
from alembic_zdt.operations.calls.sql_text import DIALECT
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.constraints.check_constraint import name_is_free
from alembic_zdt.operations.constraints.constraint_names import as_given, final_name
from alembic_zdt.operations.constraints.existing_constraint import (
    DropConstraintSafelyOp,
)
from alembic_zdt.operations.constraints.key_types import (
    other_types,
    refuse_narrow_columns,
)
from alembic_zdt.operations.constraints.orphans import no_orphans
from alembic_zdt.operations.constraints.partitioned_key import (
    NOT_VALID_ON_PARTITIONED,
    may_stay_not_valid,
)
from alembic_zdt.operations.constraints.validation import validation_steps
from alembic_zdt.operations.indexes.index_ddl import kept
from alembic_zdt.server_facts import Question, Server, TableFacts, TableQuestion
from alembic_zdt.steps import (
    Diagnostics,
    Explanation,
    Precondition,
    RelationLock,
    Row,
    SkipCondition,
    Step,
)

if TYPE_CHECKING:
    from alembic.operations import Operations


@directive
class CreateForeignKeyTwoPhaseOp(TableOperation):
    """The operation behind ``op.create_foreign_key_two_phase()``."""

    directive = "create_foreign_key_two_phase"

    def __init__(self, stock: ops.CreateForeignKeyOp, *, validate: bool = True) -> None:
        self.stock = stock
        self.validate = validate
        kw = stock.kw
        check_foreign_key_words(f'foreign key "{stock.constraint_name}"', kw)
        self.table = QualifiedName(stock.source_table, kw.get("source_schema"))
        referent = QualifiedName(stock.referent_table, kw.get("referent_schema"))
        deferred = (kw.get("initially") or "").upper() == "DEFERRED"
        self.shape = ForeignKeyShape(
            columns=tuple(stock.local_cols),
            referent=referent,
            referent_columns=tuple(stock.remote_cols),
            on_update=kw.get("onupdate"),
            on_delete=kw.get("ondelete"),
            match=kw.get("match"),
            deferrable=bool(kw.get("deferrable")) or deferred,
            initially_deferred=deferred,
        )
        given: Any = stock.constraint_name
        self.name = str(kept(given, "constraint"))

    @classmethod
    def create_foreign_key_two_phase(  # Alembic's arguments
        cls,
        operations: Operations,
        constraint_name: str | None,
        source_table: str,
        referent_table: str,
        local_cols: list[str],
        remote_cols: list[str],
        *,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        source_schema: str | None = None,
        referent_schema: str | None = None,
        validate: bool = True,
    ) -> None:
        """Add a foreign key without blocking reads or writes on either table.

        Args:
            source_table: the child, which gets the constraint.
            referent_table: the parent, to which the child refers.
            local_cols: columns of the child.
            remote_cols: columns of the parent.
            onupdate: the action when a key of the parent changes, such as ``CASCADE``.
            ondelete: the action when a row of the parent is deleted, such as
                ``SET NULL``.
            deferrable: whether a transaction may defer the check to its end.
            initially: ``DEFERRED`` or ``IMMEDIATE``.
            match: ``FULL`` or ``SIMPLE``.
            source_schema: the child's schema, default: by search_path.
            referent_schema: the parent's schema, default: by search_path.
            validate: False leaves it NOT VALID, for
                ``op.validate_constraint()`` in a later revision.  On a partitioned
                child this needs PostgreSQL 18.

        Raises:
            UndefinedObjectError: no such table or column.
            UsageError: an argument is not valid, or the key has no name.
            DuplicateObjectError: another constraint has the name.
            ForeignKeyViolationError: rows refer to rows that do not exist.
            PreconditionError: the child's integers are narrower than the parent's, or
                a partitioned child cannot have a key that is NOT VALID.

        Example::

            op.create_foreign_key_two_phase(
                "fk_orders_user_id", "orders", "users", ["user_id"], ["id"]
            )

        Instead of::

            op.create_foreign_key(
                "fk_orders_user_id", "orders", "users", ["user_id"], ["id"]
            )

        https://www.postgresql.org/docs/current/sql-altertable.html
        """
        stock = ops.CreateForeignKeyOp(
            constraint_name,
            source_table,
            referent_table,
            *paired_columns(source_table, local_cols, referent_table, remote_cols),
            onupdate=onupdate,
            ondelete=ondelete,
            deferrable=deferrable,
            initially=initially,
            match=match,
            source_schema=source_schema,
            referent_schema=referent_schema,
        )
        name = _named(stock, operations.migration_context)
        stock.constraint_name = as_given(name, constraint_name)
        operations.invoke(cls(stock, validate=validate))

    @classmethod
    def from_stock(cls, stock: ops.CreateForeignKeyOp) -> CreateForeignKeyTwoPhaseOp:
        """Build the safe operation for Alembic's ``create_foreign_key()``."""
        if not isinstance(stock.constraint_name, str):
            stock.constraint_name = _named(stock, None)
        return cls(stock)

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'create foreign key "{self.name}" on "{self.table.label}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        shape, kw = self.shape, dict(self.stock.kw)
        columns = list(shape.columns), list(shape.referent_columns)
        named = {**kw, "validate": None if self.validate else False}
        name = as_given(self.name, self.stock.constraint_name)
        return (name, self.table.name, shape.referent.name, *columns), named

    def reverse(self) -> DropConstraintSafelyOp:
        """Drop the foreign key, and lock the parent first."""
        return DropConstraintSafelyOp(
            as_given(self.name, self.stock.constraint_name),
            self.table.name,
            "foreignkey",
            schema=self.table.schema,
            create=self,
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about both tables."""
        return TableQuestion(self.table), TableQuestion(self.shape.referent)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that tables and columns exist and that the types fit."""
        child = require_table(self.table, server)
        require_columns(self.table, child, self.shape.columns, server)
        parent = require_table(self.shape.referent, server)
        columns = self.shape.referent_columns
        require_columns(self.shape.referent, parent, columns, server)
        if server.online:
            refuse_narrow_columns(self.table, self.shape, server)
        if self.validate:
            return ()
        positional, named = self.arguments()
        call = written_call(self.directive, positional, {**named, "validate": None})
        return (may_stay_not_valid(self.table, self.purpose, call),)

    def steps(self, server: Server) -> Sequence[Step]:
        """Add the key as NOT VALID, then validate it, by partition if needed."""
        facts = server.table(self.table)
        if facts.is_partitioned and server.version < NOT_VALID_ON_PARTITIONED:
            return tuple(self._partition_by_partition(server, facts))
        return tuple(self._two_phases(self.table, facts, server))

    def _two_phases(
        self, table: QualifiedName, facts: TableFacts, server: Server
    ) -> Iterator[Step]:
        yield self._add(table, facts, server, not_valid=True)
        if self.validate:
            yield from validation_steps(
                self.name,
                table,
                facts,
                also=(self._referent_lock(LockMode.ROW_SHARE, server),),
                explain=self._explain(),
            )

    def _partition_by_partition(
        self, server: Server, facts: TableFacts
    ) -> Iterator[Step]:
        for leaf in facts.leaves:
            yield from self._two_phases(leaf, TableFacts("r"), server)
        yield self._add(self.table, facts, server, not_valid=False)

    def _add(
        self,
        table: QualifiedName,
        facts: TableFacts,
        server: Server,
        *,
        not_valid: bool,
    ) -> Step:
        mode = LockMode.SHARE_ROW_EXCLUSIVE
        # PostgreSQL drops the triggers of the partitions' keys on the parent.
        parent = mode if not_valid else LockMode.ACCESS_EXCLUSIVE
        child = RelationLock(mode, table, tree=facts.is_partitioned)
        written = self._constraint(table, not_valid=not_valid)
        how = "as NOT VALID" if not_valid else "(its partitions have it already)"
        shape = self.shape.conditions
        return Step(
            purpose=f'add foreign key "{self.name}" to "{table.label}" {how}',
            statements=(written,),
            locks=(self._referent_lock(parent, server), child),
            skip_if=SkipCondition(
                catalog.exists(self.name, table, *shape),
                f'"{table.label}" has foreign key "{self.name}"',
            ),
            preconditions=(
                name_is_free(self.name, table, written.split(" ADD ", 1)[1]),
                *no_orphans(table, self.table, self.shape, server, self._orphans),
            ),
            explain={**self._explain(), **self._explain_types(server)},
        )

    def _referent_lock(self, mode: LockMode, server: Server) -> RelationLock:
        referent = self.shape.referent
        tree = server.table(referent).is_partitioned
        return RelationLock(mode, referent, tree=tree)

    def _constraint(self, table: QualifiedName, *, not_valid: bool) -> str:
        stock = ops.CreateForeignKeyOp(
            self.name,
            table.name,
            self.shape.referent.name,
            list(self.shape.columns),
            list(self.shape.referent_columns),
            **{**self.stock.kw, "source_schema": table.schema},
        )
        constraint = stock.to_constraint(None)
        if not_valid:
            constraint.dialect_options["postgresql"]["not_valid"] = True
        return str(AddConstraint(constraint).compile(dialect=DIALECT)).strip()

    def _explain(self) -> Mapping[str, Explanation]:
        return {FOREIGN_KEY_VIOLATION: self._violated}

    def _explain_types(self, server: Server) -> Mapping[str, Explanation]:
        return {DATATYPE_MISMATCH: other_types(self.table, self.shape, server)}

    def _orphans(self, rows: Sequence[Row]) -> ZdtError:
        keys = ", ".join("(" + ", ".join(map(str, row)) + ")" for row in rows)
        return self._violation(f"Among them {keys}.")

    def _violated(self, found: Diagnostics) -> ZdtError:
        return self._violation(found.detail)

    def _violation(self, detail: str) -> ZdtError:
        columns = ", ".join(self.shape.columns)
        parent = self.shape.referent.label
        return ForeignKeyViolationError(
            f'rows of "{self.table.label}" refer by ({columns}) to rows that '
            f'"{parent}" does not have',
            detail=f'The foreign key "{self.name}" cannot be validated. {detail}',
            hint="Remove or correct those rows, then run the same command again.",
            table=self.table.label,
        )


def _named(stock: ops.CreateForeignKeyOp, context: Any) -> str:
    constraint = stock.to_constraint(context)
    if not isinstance(constraint, ForeignKeyConstraint):
        raise TypeError(constraint)
    table = QualifiedName(stock.source_table, stock.kw.get("source_schema"))
    return final_name(constraint, table)
