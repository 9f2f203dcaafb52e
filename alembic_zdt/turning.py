"""Half-done revisions, when a run goes in the other direction.

An upgrade or a downgrade that was refused or interrupted leaves the steps that it has
committed, and the log of revisions names the revision.  If the next run goes the other
way, it first runs the calls of that revision.  After a half-done downgrade these are
the calls of its ``upgrade()``, after a half-done upgrade those of its ``downgrade()``.
A call whose work is done is skipped, as in each re-run.
https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations
from alembic.util import CommandError

from alembic_zdt.alembic_compat import contexts, interception
from alembic_zdt.backfill.inline import Backfilling, place_of
from alembic_zdt.backfill.journal import Journal
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import RevisionError, ZdtError
from alembic_zdt.foresight import calls_of, name_revision
from alembic_zdt.half_done import HalfDone, left_half_done
from alembic_zdt.names import literal
from alembic_zdt.operations.indexes.concurrent_index import DropIndexConcurrentlyOp
from alembic_zdt.operations.unfinished import calls_that_undo
from alembic_zdt.queueing.forgetting import forget_revision
from alembic_zdt.revision_log import (
    BEGUN,
    connection_of,
    note_applied,
    table_of,
    version_table,
)
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.run_state import run_state

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")


@dataclass(frozen=True)
class _Again:
    """A revision that is run once more, as one of Alembic's steps.

    Attributes:
        revision: the revision.
        is_upgrade: whether its upgrade is run, else its downgrade.
        revision_map: Alembic's map of all revisions, which the gate of contracts reads.
    """

    revision: Any
    is_upgrade: bool
    revision_map: Any


def turn_round(context: MigrationContext, step: Any) -> None:
    """Run the calls of a half-done revision before the run changes its direction.

    Args:
        context: the migration context of the run.
        step: Alembic's step, which is to be run next; None if the run has none.

    Raises:
        ZdtError: a call cannot be run.
    """
    if not contexts.runs_revisions(context):
        return
    script = _script(context)
    is_upgrade = contexts.upgrades(context) if step is None else step.is_upgrade
    if script is None:
        return
    with contexts.transaction_of_a_migration(context):
        left = left_half_done(context)
        heads = set(context.get_current_heads()) if left else set()
    for found in left:
        revision = _revision(script, found)
        if found.is_upgrade is is_upgrade or revision is None:
            continue
        if _is_next(revision, step, heads, is_upgrade=is_upgrade):
            again = _Again(revision, is_upgrade, script.revision_map)
            _run_again(context, again)


def _script(context: MigrationContext) -> Any:
    environment: Any = context.environment_context
    return None if environment is None else environment.script


def _revision(script: Any, found: HalfDone) -> Any:
    try:
        return script.get_revision(found.revision)
    except CommandError:  # it is not among the files any more
        return None


def _is_next(revision: Any, step: Any, heads: set[str], *, is_upgrade: bool) -> bool:
    """Check whether the run begins at a half-done revision."""
    name = revision.revision
    if (name in heads) is not is_upgrade:
        return False
    if step is None:
        return is_upgrade or contexts.below(revision) <= heads
    if is_upgrade:
        return name in contexts.below(step.revision)
    return step.revision.revision in contexts.below(revision)


def _undo_unfinished(
    context: MigrationContext, revision: Any, operations: Operations
) -> None:
    """Undo what a half-done upgrade leaves and its downgrade does not name."""
    database = Database(connection_of(context))
    for call in calls_of(context, revision, "upgrade") or ():
        if call is not None:
            for undoing in calls_that_undo(call, database):
                if _is_of_the_upgrade(context, revision, undoing):
                    operations.invoke(undoing)


def _is_of_the_upgrade(context: MigrationContext, revision: Any, undoing: Any) -> bool:
    """Check whether the half-done upgrade made the object that a call drops.

    An index with the same name may come from an earlier revision.  The upgrade writes
    its row of the log first, so an index that it made is younger than that row.
    """
    if not isinstance(undoing, DropIndexConcurrentlyOp):
        return True
    return Database(connection_of(context)).holds(
        "coalesce((SELECT pg_catalog.age(c.xmin) FROM pg_catalog.pg_class c"  # noqa: S608
        f" WHERE c.oid = {undoing.index.regclass})"
        f" <= (SELECT max(pg_catalog.age(l.xmin)) FROM {table_of(context).sql} l"
        f" WHERE l.version_table = {version_table(context)}"
        f" AND l.revision = {literal(revision.revision)}"
        f" AND l.direction = 'upgrade{BEGUN}'), false)"
    )


def _forget_backfills_of(context: MigrationContext, revision: Any, way: str) -> None:
    """Delete unfinished backfills that only the half-done run has begun.

    A contract would wait for them, and no run would finish them.
    """
    database, settings = Database(connection_of(context)), settings_of(context)
    begun = calls_of(context, revision, way) or ()
    with contexts.transaction_of_a_migration(context):
        journal = Journal(database, place_of(settings, context))
        found = journal.records("status <> 'finished'") if journal.exists else []
        found = [each for each in found if each.revision == revision.revision]
        needed = run_state(context).backfills
        names = _backfills_of(begun, database) - needed if found else set()
        for each in found:
            if each.name in names:
                journal.forget(each.name)
                log.warning(
                    'removed the unfinished backfill "%s" from the journal: only the '
                    "half-done run, which is undone now, had begun it",
                    each.name,
                )


def _backfills_of(calls: Sequence[Any], database: Database) -> set[str]:
    """Return the names of the backfills that calls begin."""
    found: set[str] = set()
    for call in calls:
        with suppress(ZdtError):  # what it is about is gone, and its backfill with it
            if call is not None:
                steps = call.steps(survey(database, call.questions()))
                batches = (step.batches for step in steps)
                found |= {b.name for b in batches if isinstance(b, Backfilling)}
    return found


def _unreadable(
    context: MigrationContext, revision: str, way: str, other: str
) -> RevisionError:
    table = Database(connection_of(context)).value(f"SELECT {version_table(context)}")
    forgetting = (
        f"DELETE FROM {table_of(context).sql} WHERE revision = {literal(revision)}"  # noqa: S608
        f" AND direction = '{other}{BEGUN}' AND version_table = {literal(table)};"
    )
    return RevisionError(
        f'cannot {way}: the {other} of revision "{revision}" is half done',
        detail=f"To undo the half-done {other}, the operations of the revision's "
        f"{way}() would have to be run one by one. That is not possible: {way}() does "
        "more than call operations. Nothing was changed.",
        hint=f"Run the {other} again to its end, then {way}. If you have already "
        "repaired the database by hand, delete the note of the half-done run first: "
        f"{forgetting}",
        revision=revision,
    )


def _run_again(context: MigrationContext, step: _Again) -> None:
    revision = str(step.revision.revision)
    way, other = ("upgrade", "downgrade")[:: 1 if step.is_upgrade else -1]
    calls = calls_of(context, step.revision, way)
    if calls is None:
        raise _unreadable(context, revision, way, other)
    log.warning(
        'the %s of revision "%s" is half done: running the calls of its %s() first',
        *(other, revision, way),
    )
    began = time.monotonic()
    state = run_state(context)
    state.forget_done()
    operations = Operations(context)
    try:
        with interception.as_step(context, step):
            with contexts.transaction_of_a_migration(context):
                if not step.is_upgrade:
                    _undo_unfinished(context, step.revision, operations)
                for call in calls:
                    if call is not None:
                        operations.invoke(call)
            _forget_backfills_of(context, step.revision, other)
            note_applied(context, step, time.monotonic() - began)
            forget_revision(context, step)
        state.half_done = None
        if None in calls:
            log.warning(
                'stock operations of the %s() of revision "%s" were not run again: '
                "check what its half-done %s has changed",
                *(way, revision, other),
            )
    except ZdtError as error:
        name_revision(error, context, revision, calls)
        raise
