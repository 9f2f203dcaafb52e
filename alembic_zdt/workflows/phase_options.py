"""The options that one phase has in each workflow.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from alembic.operations import ops

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.triggers import checked_triggers
from alembic_zdt.errors import UsageError
from alembic_zdt.operations.backfill_step import backfilling
from alembic_zdt.operations.base import TableOperation
from alembic_zdt.operations.constraints.validation import validation_steps
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import SkipCondition, Step
from alembic_zdt.twin.window import Winner
from alembic_zdt.twin.window_steps import TwinSteps
from alembic_zdt.workflows.outdated import Outdated, ignored_names

Arguments: TypeAlias = "tuple[Sequence[Any], dict[str, Any]]"


class PhaseOp(TableOperation):
    """A phase of a workflow that gives a column a twin."""

    column: str
    new_column: str

    @abstractmethod
    def shared_arguments(self) -> Arguments:
        """Return the arguments that all phases have."""

    @property
    def own_options(self) -> dict[str, Any]:
        """Return the options that this phase alone has."""
        return {}

    def arguments(self) -> Arguments:
        """Return the arguments of the caller's own call."""
        names, shared = self.shared_arguments()
        return names, shared | self.own_options


class ExpandPhase(PhaseOp):
    """The first phase, which adds the trigger."""

    def __init__(
        self,
        *names: Any,
        on_conflict: Literal["new", "old", "error"] = "new",
        **options: Any,
    ) -> None:
        super().__init__(*names, **options)
        self.winner = winner_of(on_conflict)

    @property
    def own_options(self) -> dict[str, Any]:
        """Return the options that this phase alone has."""
        chosen = None if self.winner is Winner.NEW else self.winner.value
        return {"on_conflict": chosen}

    @property
    def outdated(self) -> Outdated:
        """Return the functions to change before the contract."""
        return Outdated(self.table, self.column, self.new_column)


class MigratePhase(PhaseOp):
    """The second phase, which fills the twin.

    Args:
        triggers: as in ``op.backfill()``.
    """

    def __init__(
        self,
        *names: Any,
        copy_indexes: bool = True,
        triggers: Literal["fire", "skip"] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*names, **options)
        self.copy_indexes = copy_indexes
        self.triggers = checked_triggers(triggers)

    @property
    def own_options(self) -> dict[str, Any]:
        """Return the options that this phase alone has."""
        copied = None if self.copy_indexes else False
        return {"copy_indexes": copied, "triggers": self.triggers or None}

    def filling(
        self, server: Server, twin: TwinSteps, value: str, directive: str
    ) -> list[Step]:
        """Return the step that fills the twin, and the steps that prove every row.

        Args:
            server: the server's answers.
            twin: the window that is open.
            value: the value of the twin, as SQL.
            directive: the name in the journal of backfills.
        """
        window, done = twin.window, twin.is_filled
        definition = Definition(
            self.table,
            {window.twin: value},
            where=f"NOT ({twin.sync.condition})",
            directive=directive,
            triggers=self.triggers,
        )
        proven = SkipCondition(done, "both columns are proven to match in every row")
        filling = backfilling(definition.default_name, definition, skip_if=proven)
        facts = server.table(self.table)
        return [filling, *validation_steps(window.check, self.table, facts, done=done)]

    def reverse(self) -> ops.ModifyTableOps:
        """Return no operations, because filled values do no harm."""
        return ops.ModifyTableOps(self.table.name, [], schema=self.table.schema)


class ContractPhase(PhaseOp):
    """The last phase, which leaves one column."""

    def __init__(
        self, *names: Any, ignore_mentions: Sequence[str] | None = None, **options: Any
    ) -> None:
        super().__init__(*names, **options)
        self.ignored = ignored_names(ignore_mentions)

    @property
    def own_options(self) -> dict[str, Any]:
        """Return the options that this phase alone has."""
        return {"ignore_mentions": list(self.ignored) or None}

    @property
    def outdated(self) -> Outdated:
        """Return the functions that would fail without the dropped column."""
        return Outdated(self.table, self.column, self.new_column, self.ignored)


def winner_of(on_conflict: str) -> Winner:
    """Return the winner that ``on_conflict=`` names.

    Raises:
        UsageError: it is not one of the three values.
    """
    try:
        return Winner(on_conflict)
    except ValueError:
        raise UsageError(
            f'on_conflict="{on_conflict}" is none of "new", "old", "error"',
            detail="on_conflict= decides which column wins when one UPDATE changes "
            "both.",
            hint='Write on_conflict="new", or leave it out.',
        ) from None
