"""Reasons why code cannot run on a database yet.

https://alembic.sqlalchemy.org/en/latest/api/script.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.backfill import journal as states
from alembic_zdt.backfill.inline import place_of
from alembic_zdt.backfill.journal import Journal
from alembic_zdt.catalog.constraint import unvalidated_constraints
from alembic_zdt.catalog.windows.open_windows import OpenWindow, open_windows
from alembic_zdt.commands.newer_code import NewerCode
from alembic_zdt.connection.database import Database
from alembic_zdt.contract_gate.calls import touched
from alembic_zdt.env.own_schema import own_schema
from alembic_zdt.names import literal
from alembic_zdt.operations.backfill import BackfillOp
from alembic_zdt.phases import Phase, directives_of, phase_of, source_of
from alembic_zdt.queueing.later import BACKGROUND
from alembic_zdt.queueing.queue_table import CANCELLED, FINISHED, QUEUED, queue_of
from alembic_zdt.runner.configuration import settings_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_VALIDATING = {
    "create_check_constraint_two_phase",
    "create_foreign_key_two_phase",
    "validate_constraint",
}


def obstacles(
    script: ScriptDirectory, heads: Sequence[str], context: MigrationContext
) -> Iterator[str]:
    """Yield the reasons why this code cannot run on a database.

    Args:
        script: the revisions of this code.
        heads: the revisions of the database.
        context: the migration context of the database, in a transaction.
    """
    yield from _of_revisions(script, heads, context)
    if context.connection is None or context.dialect.name != "postgresql":
        return
    database = Database(context.connection)
    yield from _of_backfills(script, context, database)
    yield from _of_queue(script, context, database)
    yield from _of_windows(script, database, own_schema(context))
    yield from _of_constraints(script, database, own_schema(context))


def _of_revisions(
    script: ScriptDirectory, heads: Sequence[str], context: MigrationContext
) -> Iterator[str]:
    newer = NewerCode.of(script, heads, context)
    for name in newer.unknown:
        yield (
            f'revision "{name}" was applied by newer code, and neither this code nor '
            "the log of revisions tells what it changed. If its file changes nothing "
            "that this code uses, start this code without waiting, else run with the "
            f"newer code: alembic-zdt downgrade {' '.join(script.get_heads())}"
        )
    for name in newer.contracts:
        yield f"newer code has run contract {name}, after which this code may fail"
    if newer.unknown:  # the revisions below them are not known
        return
    for revision in _missing(script, newer.reached):
        phase = phase_of(revision)
        if phase is not Phase.CONTRACT:
            name = f"{phase.value} revision {revision.revision} ({revision.doc})"
            yield f"{name} is missing{'' if newer.is_whole else _OR_OLDER}"


_OR_OLDER = (
    ", or was applied before the log of revisions began: alembic history "
    "--indicate-current of the newer code shows it"
)


def _missing(script: ScriptDirectory, there: set[str]) -> Iterator[Any]:
    """Yield the revisions that are neither in *there* nor below one of them."""
    reached = contexts.at_or_below(script, there)
    found = [each for each in script.walk_revisions() if each.revision not in reached]
    return reversed(found)


def _of_backfills(
    script: ScriptDirectory, context: MigrationContext, database: Database
) -> Iterator[str]:
    """Yield the backfills of this code that are not finished."""
    journal = Journal(database, place_of(settings_of(context), context))
    if not journal.exists:
        return
    known = {revision.revision for revision in script.walk_revisions()}
    for record in journal.records(f"status NOT IN ('{states.FINISHED}', 'cancelled')"):
        if record.revision in known:
            yield (
                f'backfill "{record.name}" of revision {record.revision} is '
                f"{record.status}"
            )


def _of_queue(
    script: ScriptDirectory, context: MigrationContext, database: Database
) -> Iterator[str]:
    """Yield the backfills of this code that still wait in the queue."""
    queue = queue_of(database, settings_of(context), context)
    if not queue.exists:
        return
    known = {revision.revision for revision in script.walk_revisions()}
    name, over = literal(f"{BackfillOp.queue_verb}:"), f"('{FINISHED}', '{CANCELLED}')"
    for call in queue.calls(
        f"pg_catalog.starts_with(q.name, {name}) AND q.status NOT IN {over}"
    ):
        if call.revision in known and not call.is_downgrade:
            is_new = call.status == QUEUED and not call.is_approved
            status = "not approved" if is_new else call.status
            yield f"queued call {call.name} of revision {call.revision} is {status}"


def _of_windows(
    script: ScriptDirectory, database: Database, only: str | None
) -> Iterator[str]:
    """Yield the twins of this code that are not proven to be filled."""
    for window in open_windows(database):
        if only not in {None, window.table.schema}:
            continue
        if not window.is_proven and _is_opened_by(script, window):
            columns = " and ".join(f'"{column}"' for column in window.columns)
            yield (
                f"not every row of {window.table.label} is proven to have the same "
                f"value in {columns}"
            )


def _is_opened_by(script: ScriptDirectory, window: OpenWindow) -> bool:
    name = window.table.name.encode()
    return any(
        _opens(revision, window)
        for revision in script.walk_revisions()
        if name in source_of(revision)
    )


def _opens(revision: Any, window: OpenWindow) -> bool:
    for name, call in directives_of(revision):
        if not name.startswith("expand_"):
            continue
        found = touched(name, call, vars(revision.module))
        names = {table.name for table in found.tables}
        if window.table.name in names and found.columns & set(window.columns):
            return True
    return False


def _of_constraints(
    script: ScriptDirectory, database: Database, only: str | None
) -> Iterator[str]:
    """Yield the constraints that this code validates, and that are not validated."""
    for constraint, table in unvalidated_constraints(database):
        if only in {None, table.schema} and _validates(script, constraint):
            yield f'constraint "{constraint}" of {table.label} is not validated'


def _validates(script: ScriptDirectory, constraint: str) -> bool:
    """Check whether the newest revision that names a constraint validates it."""
    for revision in script.walk_revisions():
        if constraint.encode() not in source_of(revision):
            continue
        calls = [
            call
            for name, call in directives_of(revision)
            if name in _VALIDATING and _first_text(call) == constraint
        ]
        if calls:
            return any(not _leaves_it(call) for call in calls)
    return False


def _first_text(call: ast.Call) -> str | None:
    """Return the first text among the arguments, which may be in ``op.f("...")``."""
    given = [word.value for word in call.keywords if word.arg == "constraint_name"]
    for argument in (*given, *call.args[:1]):
        for node in ast.walk(argument):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                return node.value
    return None


def _leaves_it(call: ast.Call) -> bool:
    """Check whether a call leaves the constraint to a later call, or to the queue."""
    leaving = {"validate": False, "mode": BACKGROUND}
    return any(
        word.arg in leaving
        and isinstance(word.value, ast.Constant)
        and word.value.value == leaving[word.arg]
        for word in call.keywords
    )
