"""Constraints from an index: build it concurrently, then ``USING INDEX``.

``ADD UNIQUE`` and ``ADD PRIMARY KEY`` build their index under ACCESS EXCLUSIVE, which
blocks reads and writes until the build ends.  An index that was built concurrently
first becomes the constraint's index within milliseconds.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from alembic_zdt.catalog import constraint as catalog
from alembic_zdt.catalog import index as index_catalog
from alembic_zdt.errors import PreconditionError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import literal, quote
from alembic_zdt.operations.base import require_columns, require_table
from alembic_zdt.operations.calls.arguments import check_timing
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.constraints.check_constraint import name_is_free
from alembic_zdt.operations.constraints.existing_constraint import (
    DropConstraintSafelyOp,
)
from alembic_zdt.operations.indexes.built_index import BuiltIndexOp
from alembic_zdt.operations.indexes.concurrent_index import DropIndexConcurrentlyOp
from alembic_zdt.operations.indexes.index_build import build_steps
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.operations.indexes.index_steps import canonical_question
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, RelationLock, SkipCondition, Step


class ConstraintFromIndex(BuiltIndexOp):
    """A constraint with an index of its own: UNIQUE or PRIMARY KEY.

    Args:
        table_name: the table, not a partitioned one.
        columns: column names.
        deferrable: whether a transaction may defer the check to its end.
        initially: ``DEFERRED`` or ``IMMEDIATE``.
    """

    kind: str
    label: str
    contype: str

    def __init__(
        self,
        spec: IndexSpec,
        *,
        deferrable: bool | None = None,
        initially: str | None = None,
    ) -> None:
        check_timing(deferrable, initially, f'constraint "{spec.name}"')
        super().__init__(spec)
        self.deferrable = deferrable
        self.initially = initially

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'create {self.label} "{self.name}" on "{self.table.label}"'

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the key."""
        return self.spec.plain_columns or ()

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        table = self.table
        named = {"schema": table.schema, "deferrable": self.deferrable}
        named |= {"initially": self.initially, **self.spec.options}
        return (self.spec.name, table.name, list(self.columns)), named

    def reverse(self) -> DropConstraintSafelyOp:
        """Drop the constraint together with its index."""
        table = self.table
        type_ = "unique" if self.contype == "u" else "primary"
        return DropConstraintSafelyOp(
            self.spec.name or "", table.name, type_, schema=table.schema, create=self
        )

    @property
    def is_half_done(self) -> str:
        """Return SQL that is true if the index exists, but not the constraint."""
        return (
            "EXISTS (SELECT FROM pg_catalog.pg_index i"
            " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
            f" WHERE i.indrelid = {self.table.regclass}"
            f" AND c.relname = {literal(self.name)}"
            " AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k"
            f" WHERE k.conindid = c.oid AND k.contype = '{self.contype}'))"
        )

    def undo_half(self) -> DropIndexConcurrentlyOp:
        """Drop the index of a run that was interrupted before the constraint."""
        table = self.table
        return DropIndexConcurrentlyOp(self.name, table.name, schema=table.schema)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require table and columns, and refuse a partitioned table."""
        table = self.table
        facts = require_table(table, server)
        require_columns(table, facts, self.spec.mentioned_columns, server)
        if facts.is_partitioned:
            self._refuse_partitioned()
        # Checked before the build, too: with a taken name the build would be wasted.
        return (self._name_is_free(server).unless(self.done(server)),)

    def _refuse_partitioned(self) -> NoReturn:
        table = self.table
        instead = written_call(
            "create_index_concurrently",
            [self.name, table.name, list(self.columns)],
            {"unique": True, "schema": table.schema},
        )
        raise PreconditionError(
            f"cannot {self.purpose}: the table is partitioned",
            detail="PostgreSQL has no ADD CONSTRAINT ... USING INDEX for partitioned "
            "tables, and without it the build would block reads and writes.",
            hint="A unique index does the same for everything but foreign keys: "
            f"{instead}.",
            table=table.label,
        )

    def index_and_constraint(self, server: Server) -> list[Step]:
        """Return the steps that build the index, then make it a constraint."""
        return [*self.index_steps(server), self._use_index(server)]

    def index_steps(self, server: Server) -> list[Step]:
        """Return the steps that drop an invalid index, then build the index."""
        canonical = server.answer(canonical_question(self.spec))
        facts = server.table(self.table)
        return build_steps(
            self.spec,
            canonical,
            facts.schema,
            done=self.done(server),
            by_name=canonical is None,
        )

    def done(self, server: Server) -> str:
        """Return SQL that is true if the table has exactly this constraint."""
        canonical = server.answer(canonical_question(self.spec))
        deferred = (self.initially or "").upper() == "DEFERRED"
        deferrable = bool(self.deferrable) or deferred
        return catalog.exists(
            self.name,
            self.table,
            f"k.contype = '{self.contype}'",
            catalog.columns_are("conkey", self.columns, "conrelid"),
            f"k.condeferrable = {str(deferrable).lower()}",
            f"k.condeferred = {str(deferred).lower()}",
            *((index_catalog.is_spelled(canonical),) if canonical else ()),
        )

    def _use_index(self, server: Server) -> Step:
        table, name = self.table, quote(self.name)
        options = self._timing_words()
        adding = f"ADD CONSTRAINT {name} {self.kind} USING INDEX {name}{options}"
        return Step(
            purpose=f'make index "{self.name}" the {self.label} of the table',
            statements=(f"ALTER TABLE {table.sql} {adding}",),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, table),),
            skip_if=SkipCondition(
                self.done(server),
                f'constraint "{self.name}" is there',
                by_name=server.answer(canonical_question(self.spec)) is None,
            ),
            preconditions=(self._name_is_free(server),),
        )

    def _name_is_free(self, server: Server) -> Precondition:
        columns = ", ".join(self.columns)
        wanted = f"{self.kind} ({columns}){self._timing_words()}"
        canonical = server.answer(canonical_question(self.spec))
        if canonical:
            columns = canonical.removeprefix("UNIQUE ").removeprefix("USING btree ")
            wanted = f"{self.kind} {columns}{self._timing_words()}"
        return name_is_free(self.name, self.table, wanted)

    def _timing_words(self) -> str:
        words = ""
        if self.deferrable is not None:
            words += " DEFERRABLE" if self.deferrable else " NOT DEFERRABLE"
        if self.initially is not None:
            words += f" INITIALLY {self.initially.upper()}"
        return words
