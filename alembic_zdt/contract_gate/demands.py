"""Find the tables and the expand for which a gate looks for old sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat.revision_functions import does_nothing
from alembic_zdt.catalog import column as catalog
from alembic_zdt.connection.database import Database
from alembic_zdt.contract_gate.calls import Touched
from alembic_zdt.contract_gate.expands import (
    NOT_YET,
    Expand,
    calls_in,
    contract_taken_back,
    engine_of,
    expand_of,
    expand_of_column,
)
from alembic_zdt.names import QualifiedName
from alembic_zdt.phases import Phase, workflow_phase_of
from alembic_zdt.revision_log import connection_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True)
class Demand:
    """The tables and the expand that decide which old sessions block a contract.

    Attributes:
        revision: the contract, empty where a call stands in no revision.
        tables: the tables that it changes, empty if unknown.
        expand: the expand that it ends, None if none is known; for a downgrade, the
            contract that was downgraded.
        is_downgrade: whether it is the downgrade of an expand.
    """

    revision: str
    tables: tuple[QualifiedName, ...]
    expand: Expand | None
    is_downgrade: bool = False

    @classmethod
    def of_this_run(cls, call: Touched) -> Demand:
        """Return the demand of a call whose expand ran outside of any revision."""
        return cls("", call.tables, Expand("", NOT_YET))


def of_step(context: MigrationContext, step: Any) -> list[Demand]:
    """Return the demands of a revision before its first step.

    Args:
        context: the migration context of the run, in a transaction.
        step: Alembic's step, of the revision.
    """
    ask = _of_upgrade if step.is_upgrade else _of_downgrade
    return ask(context, step)


def _of_downgrade(context: MigrationContext, step: Any) -> list[Demand]:
    """Return the demand that no session is older than the contract's downgrade.

    Return no demand if the contract was not downgraded: the log then has no time to
    compare the sessions with.
    """
    contract = contract_taken_back(context, step)
    if contract is None:
        return []
    revision = step.revision
    calls = [c for c in calls_in(revision, context, down=True) if c.takes_away]
    tables = {table: None for call in calls for table in call.tables}
    known = tuple(tables) if all(call.is_known for call in calls) else ()
    return [Demand(revision.revision, known, contract, is_downgrade=True)]


def _of_upgrade(context: MigrationContext, step: Any) -> list[Demand]:
    revision = step.revision
    calls = calls_in(revision, context)
    if workflow_phase_of(revision) is not Phase.CONTRACT:
        return list(_of_columns(context, step, calls))
    if not calls and does_nothing(_upgrade_of(revision.module, context)):
        return []
    tables = {table: None for call in calls for table in call.tables}
    is_known = bool(tables) and all(call.is_known for call in calls)
    ends = [call for call in calls if call.is_contract or call.tightens]
    expand = expand_of(context, step, ends)
    return [Demand(revision.revision, tuple(tables) if is_known else (), expand)]


def of_call(context: MigrationContext, step: Any, call: Touched) -> Demand:
    """Return the demand of a single contract.

    Args:
        context: the migration context of the run.
        step: Alembic's step, of the revision that runs it.
        call: the call of the contract.
    """
    expand = expand_of(context, step, [call])
    return Demand(step.revision.revision, call.tables, expand)


def _upgrade_of(module: Any, context: MigrationContext) -> Any:
    engine = engine_of(context)
    return getattr(module, f"upgrade_{engine}" if engine else "upgrade", None)


def _of_columns(
    context: MigrationContext, step: Any, calls: Sequence[Touched]
) -> Iterator[Demand]:
    """Yield the demands for new columns that code must no longer leave out."""
    database = Database(connection_of(context))
    for call in calls:
        if not (call.tightens and call.tables and call.columns):
            continue
        found = expand_of_column(context, step, call)
        if found is None:
            continue
        expand, adding = found
        if not _may_be_left_out(database, call, adding):
            yield Demand(step.revision.revision, call.tables, expand)


def _may_be_left_out(database: Database, call: Touched, adding: Touched) -> bool:
    """Return whether code that leaves the column out works because of a default."""
    if call.drops_default:
        return False
    (table, *_), (column, *_) = call.tables, call.columns
    if not database.holds(catalog.exists(table, column)):
        return adding.has_default
    has_value = catalog.has_default(table, column), catalog.is_identity(table, column)
    return database.holds(f"({' OR '.join(has_value)})")
