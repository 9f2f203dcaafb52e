"""The common part of the three phases of a change of a column's type.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Enum
from sqlalchemy.types import TypeEngine, to_instance

from alembic_zdt.catalog import enum as enum_catalog
from alembic_zdt.catalog import obstacles
from alembic_zdt.catalog.dependents.copies import Copies
from alembic_zdt.catalog.dependents.foreign_keys import CopiedKeys
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.base import require_table
from alembic_zdt.operations.columns import type_errors as errors
from alembic_zdt.operations.columns.column_types import SqlType
from alembic_zdt.operations.columns.narrowing import proof_name
from alembic_zdt.operations.constraints.not_null_steps import NotNullSteps
from alembic_zdt.operations.enums.enum_change import enum_of, name_of, ownership_of
from alembic_zdt.server_facts import Question, Server, TableQuestion
from alembic_zdt.steps import Precondition, Step
from alembic_zdt.twin.conversion import Retyped
from alembic_zdt.twin.sides import sides
from alembic_zdt.twin.sync import Sync
from alembic_zdt.twin.trial import Trial, TrialQuestion
from alembic_zdt.twin.window import HiddenTwin, Window, Winner
from alembic_zdt.twin.window_steps import TwinSteps
from alembic_zdt.workflows.column_type.key_copies import dropping
from alembic_zdt.workflows.column_type.takeover import Takeover
from alembic_zdt.workflows.index_copies import while_open
from alembic_zdt.workflows.phase_options import Arguments, PhaseOp

MakesPhase: TypeAlias = "Callable[..., RetypeOp]"


class Phases(NamedTuple):
    """The operations of the three phases of a workflow."""

    expand: MakesPhase
    migrate: MakesPhase
    contract: MakesPhase


class RetypeOp(PhaseOp):
    """A change of a column's type.

    Args:
        type_: the new type.
        new_column_name: the name of the column of the new type, if it differs.
        existing_type: the current type.
        using: the new value as an SQL expression over the column.
        reverse_using: the old value as an SQL expression over the new column.
    """

    def __init__(
        self,
        table_name: str,
        column_name: str,
        type_: TypeEngine[Any] | type[TypeEngine[Any]],
        *,
        new_column_name: str | None = None,
        existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        using: str | None = None,
        reverse_using: str | None = None,
        schema: str | None = None,
    ) -> None:
        self.table = QualifiedName(checked(table_name, "table"), schema)
        self.column = checked(column_name, "column")
        self.new_column = checked(new_column_name or column_name, "column")
        self.is_renamed = new_column_name not in (None, column_name)
        self.type, self.existing = type_, existing_type
        self.sql_type = SqlType.of(type_, "type_")
        self.sql_existing = (
            None
            if existing_type is None
            else SqlType.of(existing_type, "existing_type")
        )
        self.using, self.reverse_using = using, reverse_using
        if self.sql_existing == self.sql_type and not self.is_renamed:
            raise errors.same_type(self.label, self.sql_type)
        if bool(using) is not bool(reverse_using):
            raise errors.one_way(self.label, self.column, using=bool(using))

    @property
    def label(self) -> str:
        """Return the table and the column for messages, such as ``users.id``."""
        return f"{self.table.label}.{self.column}"

    def shared_arguments(self) -> Arguments:
        """Return the arguments that all phases have."""
        existing = None if self.existing is None else to_instance(self.existing)
        return (self.table.name, self.column, to_instance(self.type)), {
            "new_column_name": self.new_column if self.is_renamed else None,
            "existing_type": existing,
            "using": self.using,
            "reverse_using": self.reverse_using,
            "schema": self.table.schema,
        }

    @property
    @abstractmethod
    def phases(self) -> Phases:
        """Return the operations of the three phases."""

    def phase(self, make: MakesPhase) -> RetypeOp:
        """Return another phase of the same change."""
        positional, named = self.shared_arguments()
        return make(*positional, **named)

    def backwards(self, make: MakesPhase) -> RetypeOp:
        """Return a phase of the opposite change.

        Raises:
            IrreversibleOperationError: ``existing_type`` is missing.
        """
        if self.existing is None:
            self._irreversible(
                "The call does not name the old type of the column.",
                "Pass existing_type=.",
            )
        return make(
            *(self.table.name, self.new_column, self.existing),
            new_column_name=self.column if self.is_renamed else None,
            existing_type=self.type,
            using=self.reverse_using,
            reverse_using=self.using,
            schema=self.table.schema,
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions for the table, and for a trial of the new type."""
        return (
            TableQuestion(self.table),
            self._trial_question,
            *self._not_null.questions(),
            *self._copied_keys(),
            self._copies,
            self._copies_of_others,
        )

    def _copied_keys(self) -> Sequence[CopiedKeys]:
        window = self.back()
        return (CopiedKeys(self.table, window.twin),) if window else ()

    @property
    def _copies(self) -> Copies:
        return Copies(self.table, self.forth().twin)

    @property
    def _copies_of_others(self) -> CopiedKeys:
        return CopiedKeys(self.table, self.column)

    @property
    def _trial_question(self) -> TrialQuestion:
        window = self.forth()
        return TrialQuestion(
            table=self.table,
            column=self.column,
            twin=window.twin,
            type=self.sql_type.sql,
            cast=self.sql_type.cast,
            using=self.using or "",
            reverse_using=self.reverse_using or "",
            called=self.new_column,
            making=self.making or self._making_enum,
            is_known=bool(self.making),
        )

    @property
    def _making_enum(self) -> tuple[str, ...]:
        enum = enum_of(self.type)
        if enum is None:
            return ()
        return enum_catalog.creating(name_of(enum), enum.enums, self.table)

    @property
    def making(self) -> tuple[str, ...]:
        """Return the statements that create the type, if this package creates it."""
        return ()

    @property
    def _not_null(self) -> NotNullSteps:
        return NotNullSteps(self.table, self.forth().twin)

    def trial(self, server: Server) -> Trial | None:
        """Return the result of the trial, None if the server was not asked."""
        return server.answer(self._trial_question)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a missing table, other owners, and a script without existing_type."""
        require_table(self.table, server)
        if not server.online and self.sql_existing is None:
            raise UsageError(
                f'existing_type= for "{self.label}" is missing',
                detail=(
                    "A script is written without a connection to a database, which "
                    "would know the type."
                ),
                hint="Pass the type that the column has, as for alter_column().",
            )
        window = self.forth(server)
        return (window.ownership, *self._trusted_type(window))

    def _trusted_type(self, window: Window) -> Iterator[Precondition]:
        """Refuse an enum type of another role, whether it exists or is created."""
        enum = self.type if self.making else enum_of(self.type)
        if isinstance(enum, Enum):
            found = ownership_of(enum, self.table, self.existing)
            yield found.unless(window.is_over)

    def impossible(self, server: Server, when: str) -> Sequence[Precondition]:
        """Refuse a type that the server refuses, where *when* holds."""
        return errors.impossible(self.label, self.sql_type, self.trial(server), when)

    def begun_alike(self, window: Window) -> Precondition:
        """Refuse to mix expressions and casts in the phases of one change."""
        return errors.begun_alike(self.label, window, using=bool(self.using))

    # --------------------------------------------------------------------- the window

    def forth(self, server: Server | None = None) -> Window:
        """Return the window towards the new type."""
        schema = server.table(self.table).schema if server else None
        if self.is_renamed:
            return Window(self.table, self.column, self.new_column, schema)
        twin = HiddenTwin.of(self.table, self.column, self.sql_type.sql, schema)
        trial = self.trial(server) if server else None
        copy = trial.twin if trial else None
        return replace(twin, spelled=copy.type) if copy else twin

    def back(self, server: Server | None = None) -> Window | None:
        """Return the window of the reverse change.

        It is None if the old type is not known and the column keeps its name.
        """
        schema = server.table(self.table).schema if server else None
        if self.is_renamed:
            return Window(self.table, self.new_column, self.column, schema)
        if self.sql_existing is None:
            return None
        return HiddenTwin.of(self.table, self.column, self.sql_existing.sql, schema)

    def twin(self, server: Server, winner: Winner = Winner.NEW) -> TwinSteps:
        """Return the steps of the window towards the new type."""
        window, trial = self.forth(server), self.trial(server)
        conversion = self._conversion(window, trial)
        return TwinSteps(
            Sync(window, conversion, winner),
            server.table(self.table),
            trial.original if trial else None,
            self.sql_type.sql,
            (self._not_null.check,),
            back=self.back(server),
            is_known=trial is not None and trial.twin is not None,
            bodies=trial.bodies if trial else (),
        )

    def closing(self, server: Server) -> Iterator[Step]:
        """Return the steps that end the opposite window, if it is known."""
        window = self.back(server)
        if window is None:
            return
        for question in self._copied_keys():
            for key in server.answer(question) or ():
                # On a twin of the other direction they are no longer copies.
                yield dropping(key).skipped_also(f"NOT {window.is_open}")
        sync = Sync(window, self._conversion(window, None))
        ours = (NotNullSteps(self.table, window.twin).check,)
        yield TwinSteps(sync, server.table(self.table), ours=ours).closing()

    def _conversion(self, window: Window, trial: Trial | None) -> Retyped:
        existing = self.sql_existing.cast if self.sql_existing else ""
        return Retyped(
            *sides(
                window,
                (self.column, self.new_column),
                (trial.original.cast if trial else existing, self.sql_type.cast),
                (trial.original, trial.twin) if trial else (None, None),
                (self.using or "", self.reverse_using or ""),
            )
        )

    # --------------------------------------------------------------------- dependents

    def takeover(self, server: Server) -> Takeover | None:
        """Return the takeover by the twin, None if the server was not asked."""
        trial = self.trial(server)
        if trial is None:
            return None
        type_ = trial.twin.type_name if trial.twin else ""
        facts = server.table(self.table)
        final = self.new_column
        return Takeover(
            self.forth(server),
            trial.dependents,
            facts,
            final,
            type_,
            server.answer(self._copies) or (),
            server.answer(self._copies_of_others) or (),
            proof_name(self.forth(server)),
        )

    def preparing(
        self, server: Server, *, early: bool = False, copies: bool = True
    ) -> Iterator[Step]:
        """Yield the steps that prepare the twin long before the original is dropped."""
        taking = self.takeover(server)
        if taking:
            steps = taking.preparing(server, early=early, copies=copies)
            yield from self.while_open(steps, server)

    def while_open(self, steps: Iterable[Step], server: Server) -> Iterator[Step]:
        """Yield the steps, each skipped if the window is not open."""
        return while_open(self.forth(server), steps)

    def lost(self, server: Server) -> str:
        """Return the query for objects that would be lost with the original."""
        window, trial = self.forth(server), self.trial(server)
        ours = (window.check, *window.triggers)
        if trial is None:
            return obstacles.of_bare_drop(self.table, self.column, window.twin, ours)
        keys = tuple(key.name for key in trial.dependents.keys)
        taken = (*ours, *trial.dependents.names, *keys)
        if server.table(self.table).is_partitioned:
            # PostgreSQL has no ADD CONSTRAINT ... USING INDEX on a partitioned table.
            taken = tuple(set(taken) - trial.dependents.names_of_constraints)
        found = [
            obstacles.of_drop(self.table, self.column, taken, default_is_kept=True),
            obstacles.of_partitions(self.table, self.column),
        ]
        generator = trial.dependents.generator
        if generator and generator.identity:  # it gets a new sequence
            found.append(obstacles.of_sequence(generator.name, self.table))
        return obstacles.all_of(*found)
