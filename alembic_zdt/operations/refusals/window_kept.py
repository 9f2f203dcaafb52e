"""Refusals of changes to an object that an open window needs.

The parts of a window are named after its table and its columns.  Its trigger and its
CHECK depend on the types of the columns.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from alembic_zdt.catalog import bridge
from alembic_zdt.catalog.windows import open_windows
from alembic_zdt.errors import DependentObjectsError, ZdtError
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, Row
from alembic_zdt.twin.window_steps import TwinSteps

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def may_be_renamed(table: QualifiedName) -> tuple[Precondition, ...]:
    """Refuse to rename a table with an open window or the view of a rename."""
    return no_window(table), no_view(table, f'rename "{table.label}"')


def no_window(table: QualifiedName) -> Precondition:
    """Refuse to rename a table with an open window."""
    window = open_windows.stands_on_table(table)
    return none_stands(window, f'rename "{table.label}"', table.schema)


def no_view(
    table: QualifiedName, purpose: str, column: str | None = None
) -> Precondition:
    """Refuse to change a table or column that a view with an old name needs.

    Args:
        table: the table.
        purpose: the change, as a phrase for the message.
        column: the column to change, None for the whole table.
    """

    def refused(rows: Sequence[Row]) -> ZdtError:
        view, shown, comment = map(str, rows[0])
        ending = bridge.ending(view, shown, comment, table.schema)
        return DependentObjectsError(
            f"cannot {purpose}: an earlier rename is not ended",
            detail=f'View "{table.sibling(view).label}" shows this '
            f"{'table' if column is None else 'column'} to code that still uses an "
            "old name.",
            hint=f"End the rename with {ending}, then run the same command again.",
            table=table.label,
        )

    return Precondition(bridge.of_table(table, column), refused)


def no_other_window(
    twin: TwinSteps, server: Server, purpose: str
) -> Iterator[Precondition]:
    """Refuse a column that another window keeps equal to a third column.

    Args:
        twin: the steps of the window to be opened.
        server: the answers of the server; in a script the step itself refuses.
        purpose: the change, as a phrase for the message.
    """
    window = twin.window
    if server.online:
        found = open_windows.stands_on_column(window.table, window.original)
        stands = none_stands(found, purpose, window.table.schema)
        yield stands.unless(twin.is_expanded)


def may_be_altered(
    table: QualifiedName, column: str, purpose: str, changes: Collection[str]
) -> Iterator[Precondition]:
    """Refuse to alter a column that an open window or the view of a rename needs.

    Args:
        table: the table.
        column: the column.
        purpose: the change, as a phrase for the message.
        changes: ``type`` or ``default``, or both.
    """
    if "type" in changes:
        window = open_windows.stands_on_column(table, column)
        yield none_stands(window, purpose, table.schema)
        yield no_view(table, purpose, column)
    elif changes:
        # In an INSERT the default would take precedence over the value of old code.
        twin = open_windows.stands_on_twin(table, column)
        yield none_stands(twin, purpose, table.schema)


def no_copy(index: QualifiedName, purpose: str) -> Precondition:
    """Refuse to change an index that was copied for a column of an open window.

    Args:
        index: the index.
        purpose: the change, as a phrase for the message.
    """
    return none_stands(open_windows.stands_on_index(index), purpose, index.schema)


def none_stands(condition: str, purpose: str, schema: str | None) -> Precondition:
    """Refuse a change while an open window fulfils a condition.

    Args:
        condition: a condition from :mod:`alembic_zdt.catalog.windows.open_windows`.
        purpose: the change, as a phrase for the message.
        schema: the schema of the table, as the caller names it.
    """

    def refused(rows: Sequence[Row]) -> ZdtError:
        table, found, check, columns, _ = rows[0]
        words = QualifiedName(str(table), str(found) if schema else None).label
        ending = open_windows.ending(rows[0], schema)
        return DependentObjectsError(
            f"cannot {purpose}: an open window needs it",
            detail=f"From the expand to the contract of a change, a trigger keeps "
            f'{" and ".join(map(quote, columns))} of "{words}" equal, and constraint '
            f'"{check}" proves it.',
            hint=_hint(ending.label if ending else "the contract of its change"),
            table=words,
            window=ending,
        )

    return Precondition(open_windows.dependents(condition), refused)


def _hint(call: str) -> str:
    return f"End the window with {call}, then run the same command again."


def complete_hint(error: ZdtError, context: MigrationContext) -> None:
    """Name the whole call that ends the window, if *error* is about an open window.

    Args:
        error: the error that has stopped a revision.
        context: the migration context of the run.
    """
    ending: open_windows.Ending | None = error.fields.pop("window", None)
    environment = context.environment_context
    if ending is None or ending.call or environment is None:
        return
    from alembic_zdt.contract_gate import window_end  # noqa: PLC0415  # in an error

    call = window_end.call_that_ends(environment.script, ending)
    if call is not None:
        error.hint = _hint(call)
