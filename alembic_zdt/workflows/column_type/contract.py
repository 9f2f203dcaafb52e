"""The end of a change of a column's type: the twin replaces the original.

Until then no phase changes an object that depends on the original.  So the same call
with the types exchanged keeps the original instead.  First the indexes and constraints
of the twin are completed.  Then one short transaction drops the original and gives its
name to the twin, unless the twin has a name of its own.  The new indexes and
constraints get the names of the old ones.

``op.expand_alter_column_type()`` explains all phases.

What can still go wrong: without a new name, a prepared statement that returns the
column fails.  In psycopg it fails in each open session until its next ROLLBACK, with
autocommit until the session is closed.  On asyncpg it fails once in each engine.  So
recycle the connection pools.  The column becomes the last one of the table.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from alembic.operations import ops

from alembic_zdt.catalog import column as column_catalog
from alembic_zdt.errors import UndefinedObjectError, ZdtError
from alembic_zdt.names import quote
from alembic_zdt.operations.base import directive
from alembic_zdt.server_facts import Question, Server
from alembic_zdt.steps import Precondition, Row, Step
from alembic_zdt.twin.repair import domain_default, is_replaced, renamed_columns
from alembic_zdt.workflows.column_type.casting import CastingOp
from alembic_zdt.workflows.phase_options import ContractPhase


@directive
class ContractAlterColumnTypeOp(ContractPhase, CastingOp):
    """Keep only the column of this type: the last of three phases.

    Run it after every old process has ended.  It builds the missing indexes and
    constraints on the twin, unique indexes last.  Then the twin takes the place of
    the original.  With the types exchanged it keeps the old column.  That call is
    the downgrade of ``op.expand_alter_column_type()``, at any time before the
    contract.

    Args:
        type_: the type that stays.
        existing_type: the type that is dropped; needed for the downgrade, and in a
            script.
        ignore_mentions: with ``new_column_name``, names of functions and triggers
            whose text names the dropped column, but that do not fail without it.

    Raises:
        UndefinedObjectError: the table does not exist, or the expand is missing.
        GateClosedError: not every row is proven to have the new column, or sessions
            from before the expand are connected.
        UsageError: a row would lose something by a cast.
        DependentObjectsError: an object depends on the dropped column and would
            be lost; or a function still names it.

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "contract_alter_column_type"

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'keep "{self.label}" as {self.sql_type.sql} alone'

    def questions(self) -> Sequence[Question[Any]]:
        """Add the question for functions that name the dropped column."""
        names = (self.outdated.question,) if self.is_renamed else ()
        return (*super().questions(), *names)

    def reverse(self) -> ops.ModifyTableOps:
        """Return an expand and a migrate to the old type, for old code."""
        again = [
            self.backwards(self.phases.expand),
            self.backwards(self.phases.migrate),
        ]
        schema = self.table.schema
        return ops.ModifyTableOps(self.table.name, again, schema=schema)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a call without a window, and one that would lose data."""
        trusted = super().preconditions(server)
        forth, back = self.forth(server), self.back(server)
        known = [forth.is_open, forth.is_over]
        known += [back.is_open] if back else []
        wrong = f"SELECT 1 WHERE NOT ({' OR '.join(known)})"
        twin = self.twin(server)
        return (
            *trusted,
            renamed_columns(twin),
            domain_default(twin),
            Precondition(wrong, self._no_window),
            *(self.begun_alike(window) for window in (forth, back) if window),
            is_replaced(
                twin,
                self.phase(self.phases.expand).call,
                self.phase(self.phases.migrate).call,
            ),
            *self.impossible(server, forth.is_open),
            *self._lossy(server),
            *self._nothing_outdated(server, known),
            # They are checked again at the swap, which cannot be undone.
            *(gate.unless(f"(NOT {forth.is_open})") for gate in self._gates(server)),
        )

    def _nothing_outdated(
        self, server: Server, known: Sequence[str]
    ) -> Sequence[Precondition]:
        if not self.is_renamed:
            return ()
        is_there = column_catalog.exists(self.table, self.column)
        when = f"({is_there} AND ({' OR '.join(known)}))"
        return self.outdated.refused(server, self, when)

    def _gates(self, server: Server) -> tuple[Precondition, ...]:
        migrate = self.phase(self.phases.migrate).call
        return self.twin(server).gates(migrate, self.lost(server))

    def _no_window(self, _rows: Sequence[Row]) -> ZdtError:
        return UndefinedObjectError(
            f'"{self.label}" has no twin of type {self.sql_type.sql}',
            detail="No trigger keeps a column of this type in sync with it.",
            hint=(
                "Correct the names and the types; existing_type= names the type that "
                "is dropped."
            ),
            table=self.table.label,
            column=self.column,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the steps of both windows, of which only one is open."""
        taking = self.takeover(server)
        statements = (
            taking.swap.statements() if taking else self._bare_statements(server)
        )
        statements = (*statements, *self.at_the_swap)
        swap = self.twin(server).giving_way(statements, self._gates(server))
        return (
            *self._lossless(server),
            *self.preparing(server),
            *self._finishing(server),
            swap,
            *self.closing(server),
        )

    @property
    def at_the_swap(self) -> tuple[str, ...]:
        """Return further statements of the swap's transaction."""
        return ()

    def _finishing(self, server: Server) -> Iterator[Step]:
        taking = self.takeover(server)
        if taking:
            yield from self.while_open(taking.finishing(), server)

    def _lossy(self, server: Server) -> Iterator[Precondition]:
        narrowing = self.narrowing(server)
        if narrowing and server.online:  # after the contract the column does not exist
            yield narrowing.look().unless(f"(NOT {self._is_open(server)})")

    def _lossless(self, server: Server) -> Iterator[Step]:
        """Yield steps that prove that the remaining column holds every value."""
        narrowing = self.narrowing(server)
        for step in narrowing.proving(server.table(self.table)) if narrowing else ():
            yield step.skipped_also(f"NOT {self._is_open(server)}")

    def _is_open(self, server: Server) -> str:
        """Return SQL that is true while a window is open."""
        windows, back = [self.forth(server)], self.back(server)
        if back and self.is_renamed:  # else no code writes its twin
            windows.append(back)
        return f"({' OR '.join(window.is_open for window in windows)})"

    def _bare_statements(self, server: Server) -> tuple[str, ...]:
        """Return the swap for a script, without objects that depend on the original."""
        window = self.forth(server)
        table = f"ALTER TABLE {self.table.sql}"
        dropping = f"{table} DROP COLUMN {quote(window.original)}"
        if self.is_renamed:
            return (dropping,)
        names = f"{quote(window.twin)} TO {quote(self.column)}"
        return (dropping, f"{table} RENAME COLUMN {names}")
