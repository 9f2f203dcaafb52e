"""Add a column whose values must be computed for existing rows.

``ADD COLUMN`` takes milliseconds if there is no default or a constant one.  A volatile
default, such as ``gen_random_uuid()`` or ``random()``, rewrites the whole table under
ACCESS EXCLUSIVE. So the column is added without its default, which is set in the same
transaction.  Existing rows are filled in batches, then NOT NULL is set if declared.
The server tries on an empty copy whether it would rewrite the table.

An identity is filled in the same way, and gets its own sequence at the end.

What can still go wrong: until the backfill has finished, old rows have NULL.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, NoReturn

from sqlalchemy import ClauseElement, Column

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.triggers import checked_triggers
from alembic_zdt.catalog import column as catalog
from alembic_zdt.catalog import column_copy, column_definition, ownership
from alembic_zdt.errors import UsageError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked, literal, quote
from alembic_zdt.operations.backfill_step import backfilling, expression
from alembic_zdt.operations.base import (
    TableOperation,
    directive,
    require_table,
)
from alembic_zdt.operations.constraints.not_null_steps import NotNullSteps
from alembic_zdt.operations.enums.enum_change import creating_step, ownership_of
from alembic_zdt.operations.refusals.rights_kept import rights_kept
from alembic_zdt.server_facts import CanonicalColumn, Question, Server, TableQuestion
from alembic_zdt.steps import Precondition, RelationLock, Row, SkipCondition, Step
from alembic_zdt.twin.refusing import column_is_there
from alembic_zdt.workflows.add_column.alone import stored
from alembic_zdt.workflows.add_column.base import (
    AddedColumn,
    Rewrites,
    canonical_question,
)
from alembic_zdt.workflows.add_column.identity import AddedIdentity
from alembic_zdt.workflows.drop_column.contract import ContractDropColumnOp


@directive
class ExpandAddColumnOp(TableOperation):
    """Add a column, with a default of any kind, and fill existing rows.

    A constant default applies to existing rows at once.  For other defaults, rows
    are filled in batches, as ``op.backfill()`` does.  An enum type that does not
    exist is created, as for a new table.

    Args:
        column: the column; NOT NULL only with a ``server_default`` or an
            ``Identity``, because old code does not write it.  Add its indexes,
            constraints and foreign keys with their own directives.
        backfill: the value of existing rows, an SQL expression over the row,
            default: the ``server_default``.  Without a ``server_default``, rows that
            old code inserts have NULL; ``op.backfill()`` fills them after the
            deployment.
        triggers: as in ``op.backfill()``.

    Raises:
        UndefinedObjectError: the table does not exist.
        DuplicateObjectError: another column has that name.
        UsageError: the column is NOT NULL without a default, has an index, a
            constraint or a stored generated value, or is an identity with
            another ``backfill``, or the server refuses it.
        PreconditionError: a role that inserts rows may not run the default.

    Example::

        op.expand_add_column(
            "users",
            sa.Column("seed", sa.Float(), server_default=sa.text("random()")),
        )

    Instead of::

        op.add_column(
            "users",
            sa.Column("seed", sa.Float(), server_default=sa.text("random()")),
        )

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "expand_add_column"

    def __init__(
        self,
        table_name: str,
        column: Column[Any],
        *,
        backfill: str | ClauseElement | None = None,
        triggers: Literal["fire", "skip"] | None = None,
        schema: str | None = None,
    ) -> None:
        self.table = QualifiedName(checked(table_name, "table"), schema)
        self.column, self.backfill = column, backfill
        self.triggers = checked_triggers(triggers)
        self.added = AddedColumn.of(self.table, column, self._options)
        self.value = "" if backfill is None else expression(backfill)
        self.recipe = NotNullSteps(self.table, self.added.name)
        if self.added.identity and self.value:
            self._refuse_two_values()

    @property
    def label(self) -> str:
        """Return the table and the column for messages, such as ``users.token``."""
        return f"{self.table.label}.{self.added.name}"

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'add column "{self.label}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's own call."""
        return (self.table.name, self.column), self._options

    @property
    def _options(self) -> dict[str, Any]:
        options = {"backfill": self.backfill, "triggers": self.triggers or None}
        return options | {"schema": self.table.schema}

    def reverse(self) -> ContractDropColumnOp:
        """Return the operation that drops the column."""
        return ContractDropColumnOp(
            self.table.name, self.added.name, schema=self.table.schema
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions for the table, the column's definition and NOT NULL."""
        table, recipe = TableQuestion(self.table), self.recipe.questions()
        return table, self._rewrites, self._canonical(), *recipe

    def _canonical(self) -> CanonicalColumn:
        identity = self._identity(Server())
        unless = identity.is_begun if identity else "false"
        return canonical_question(self.table, self.added, unless)

    @property
    def _rewrites(self) -> Rewrites:
        return Rewrites.of(self.table, self.added)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a missing table, a column the server refuses, and missing rights."""
        require_table(self.table, server)
        answer = server.answer(self._rewrites)
        if answer is not None and answer.problem:
            # The owner of the type may be the reason, and has an error of its own.
            refused = Precondition("SELECT 1", lambda _: self._refused(answer.problem))
            return (*self._ownership(server), refused)
        is_stored = answer.rewrites if answer else " STORED" in self.added.declared
        if is_stored and self.added.is_generated:
            raise stored(self.table, self.column, self._options)
        lacking = answer.lacking if answer else ()
        not_there = f"NOT {self._is_there(server)}"
        rights = rights_kept(self.table, lacking, not_there)
        return (*self._ownership(server), *rights)

    def _ownership(self, server: Server) -> Iterator[Precondition]:
        """Refuse a type or a sequence that another role owns."""
        if self.added.enum:
            yield ownership_of(self.added.enum, self.table)
        if identity := self._identity(server):
            numbers = ownership.relation(identity.sequence)
            yield ownership.look(numbers, subject=self.table)

    def _refused(self, problem: str) -> ZdtError:
        return UsageError(
            f"cannot {self.purpose}",
            detail=f"The server reported: {problem}.",
            hint="Correct the type or the default.",
            column=self.added.name,
        )

    def _refuse_two_values(self) -> NoReturn:
        raise UsageError(
            f'cannot add "{self.label}" as an identity with backfill=',
            detail="The identity numbers existing rows.",
            hint="Leave backfill= out.",
            column=self.added.name,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return one step, or steps that add, fill and set NOT NULL."""
        making = (creating_step(self.added.enum),) if self.added.enum else ()
        return (*making, *self._adding(server))

    def _adding(self, server: Server) -> Sequence[Step]:
        if self._is_free(server):
            return (self._add(self.added.declared, server),)
        adding = self._add(self.added.bare, server)
        if identity := self._identity(server):
            filling = self._filling(replace(identity.filling, triggers=self.triggers))
            return (adding, filling, *self.recipe.steps(server), identity.ending())
        value = self.value or self.added.default
        if not value:
            return (adding,)
        values = {self.added.name: value}
        definition = Definition(
            self.table, values, directive="expand_add_column", triggers=self.triggers
        )
        if not self.added.not_null:
            definition = replace(definition, existing_only=not self.added.default)
            return adding, backfilling(definition.default_name, definition)
        filling = self._filling(definition)
        return (adding, filling, *self.recipe.steps(server))

    def _filling(self, definition: Definition) -> Step:
        done = catalog.is_not_null(self.table, self.added.name)
        skip_if = SkipCondition(done, "it is NOT NULL")
        return backfilling(definition.default_name, definition, skip_if=skip_if)

    def _identity(self, server: Server) -> AddedIdentity | None:
        declared, facts = self.added.identity, server.table(self.table)
        if declared is None:
            return None
        return AddedIdentity(self.table, self.added, declared, facts)

    def _is_free(self, server: Server) -> bool:
        """Check whether PostgreSQL adds column and default without a rewrite."""
        if self.value:
            return False
        if self.added.is_generated:  # it has no other way
            return True
        answer = server.answer(self._rewrites)
        return self.added.is_plain if answer is None else not answer.rewrites

    def _add(self, declared: str, server: Server) -> Step:
        table, name = f"ALTER TABLE {self.table.sql}", quote(self.added.name)
        default = f"{table} ALTER COLUMN {name} SET DEFAULT {self.added.default}"
        apart = self.added.default and declared == self.added.bare
        identity = self._identity(server)
        comment = (
            f"COMMENT ON COLUMN {self.table.sql}.{name} IS"
            f" {literal(self.added.comment or '')}"
        )
        return Step(
            purpose=self.purpose,
            statements=(
                f"{table} ADD COLUMN {declared}",
                *([default] if apart else ()),
                *(identity.beginning() if identity else ()),
                *([comment] if self.added.comment else ()),
            ),
            locks=(
                RelationLock(
                    LockMode.ACCESS_EXCLUSIVE,
                    self.table,
                    tree=server.table(self.table).is_partitioned,
                ),
            ),
            skip_if=SkipCondition(
                self._is_there(server),
                f'column "{self.added.name}" is there, and has this definition',
                by_name=self._definition(server) is None,
            ),
            preconditions=(
                self._name_is_free(server),
                *(identity.preconditions() if identity else ()),
            ),
        )

    def _definition(self, server: Server) -> str | None:
        return server.answer(self._canonical())

    def _is_there(self, server: Server) -> str:
        """Return SQL that is true if the table has the column as it is declared."""
        parts = [self._is_defined(server)]
        if self.added.comment:
            name, comment = self.added.name, self.added.comment
            parts.append(column_definition.is_commented(self.table, name, comment))
        return f"({' AND '.join(parts)})"

    def _is_defined(self, server: Server) -> str:
        name, canonical = self.added.name, self._definition(server)
        of_type = self._is_of_type(server)
        identity = self._identity(server)
        if canonical is None:
            if identity:
                own = catalog.is_identity(self.table, name)
                return f"({of_type} AND ({identity.is_begun} OR {own}))"
            if self.added.default:
                return f"({of_type} AND {catalog.has_default(self.table, name)})"
            return of_type
        there = column_definition.is_defined(self.table, name, canonical)
        if identity:
            return f"({there} OR ({of_type} AND {identity.is_begun}))"
        return there

    def _is_of_type(self, server: Server) -> str:
        answer, name = server.answer(self._rewrites), self.added.name
        if answer is not None and answer.spelled:
            return column_copy.is_spelled(self.table, name, answer.spelled)
        return catalog.is_of_type(self.table, name, self.added.cast)

    def _name_is_free(self, server: Server) -> Precondition:
        comment = f", comment {self.added.comment!r}" if self.added.comment else ""
        wanted = (self._definition(server) or self.added.declared) + comment

        def taken(rows: Sequence[Row]) -> ZdtError:
            detail = f"There is: {rows[0][0]}. Wanted: {wanted}."
            return column_is_there(self.table, self.added.name, detail)

        table, name = self.table, self.added.name
        if server.online:
            return Precondition(column_definition.described(table, name), taken)
        # A script has compared the two before.
        there = f"SELECT 'another column' WHERE {catalog.exists(table, name)}"
        return Precondition(there, taken)
