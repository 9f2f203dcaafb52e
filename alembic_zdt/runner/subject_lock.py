"""Let only one of several migrators work on an object at a time.

The lock is polled in autocommit mode.  Waiting inside ``pg_advisory_lock()`` would
hold a snapshot, for which the other migrator's concurrent build waits: a deadlock.

A migrator's turn is the time in which it holds the advisory lock of an object.  The
turn ends with Alembic's transaction, which writes the version.  The next migrator then
sees that the revision is applied, and does not fail when it writes the version.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_zdt.alembic_compat import runs
from alembic_zdt.catalog import advisory
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.keepalives import until_end_of_transaction
from alembic_zdt.errors import LockNotAvailableError, MigratedMeanwhileError
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.runner import step_events
from alembic_zdt.runner.blockers import RUN_AGAIN
from alembic_zdt.runner.notices import Notices
from alembic_zdt.runner.recipe import Recipe
from alembic_zdt.settings import Settings, seconds

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_POLL = 0.1
# The first half of the key marks this package's advisory locks: "zdt" in ASCII.
MARK = 0x7A6474
MIGRATION_LOCK = 0x7A646D
"""The first number of the lock that lets one process migrate at a time."""


@contextmanager
def turn(database: Database, recipe: Recipe, settings: Settings) -> Iterator[str]:
    """Take the advisory lock for the subject of *recipe*, and release it on failure.

    Yields:
        The key of its lock, because a renamed subject has another key afterwards.

    Raises:
        LockNotAvailableError: another migrator did not finish before the deadline.
    """
    key = _wait(database, recipe, settings)
    try:
        yield key
    except BaseException:
        _give_back(database, key)
        raise


def end_turn(database: Database, key: str, *, with_transaction: bool) -> None:
    """End the turn now, or together with the open transaction."""
    keep = ""
    if with_transaction:
        kept_alive = until_end_of_transaction()
        keep = f"{advisory.keep_until_commit(key)}, {kept_alive}, "
    database.rows(f"SELECT {keep}{advisory.release(key)}")


def refuse_if_overtaken(context: MigrationContext, recipe: Recipe) -> None:
    """End this run if another process has applied its revisions meanwhile.

    Raises:
        MigratedMeanwhileError: the database is not at the revisions of this run.
    """
    found = runs.applied_meanwhile(context)
    if found is None:
        return
    now = ", ".join(f'"{revision}"' for revision in found) or "none"
    raise MigratedMeanwhileError(
        f"could not {recipe.purpose}: another process has migrated the database "
        "meanwhile",
        detail=f"This run began before that; now the database is at {now}.",
        hint="Run the same command again; it continues from those revisions.",
        revisions=found,
    )


def subject_of(recipe: Recipe) -> str:
    """Build SQL for the subject of *recipe*, the same for any spelling of a name."""
    said = literal(recipe.subject)
    for question in recipe.questions():
        for name in (getattr(question, kind, None) for kind in ("table", "index")):
            if isinstance(name, QualifiedName) and name.label == recipe.subject:
                return f"coalesce(({_real_table(name)}), {said})"
        enum = getattr(question, "enum", None)
        if isinstance(enum, QualifiedName) and enum.label == recipe.subject:
            return f"coalesce(({_real_type(enum)}), {said})"
    return said


def _number(recipe: Recipe) -> str:
    return f"pg_catalog.hashtext({subject_of(recipe)})"


def _real_table(name: QualifiedName) -> str:
    """Build a query for schema and name of a table, or of an index's table."""
    return (
        "SELECT pg_catalog.format('%s.%s', n.nspname, t.relname)"
        " FROM pg_catalog.pg_class c"
        " LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid"
        " JOIN pg_catalog.pg_class t ON t.oid = coalesce(i.indrelid, c.oid)"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
        f" WHERE c.oid = {name.regclass}"
    )


def _real_type(name: QualifiedName) -> str:
    """Build a query for schema and name of a type."""
    return (
        "SELECT pg_catalog.format('%s.%s', n.nspname, t.typname)"
        " FROM pg_catalog.pg_type t"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
        f" WHERE t.oid = pg_catalog.to_regtype({literal(name.sql)})"
    )


def _wait(database: Database, recipe: Recipe, settings: Settings) -> str:
    """Wait for the turn, and return the key of its lock."""
    trying = (
        f"SELECT k.number, {advisory.take(f'{MARK}, k.number')}"
        f" FROM (SELECT {_number(recipe)} AS number OFFSET 0) k"
    )
    started, place = time.monotonic(), (recipe.purpose, recipe.subject)
    notices = Notices(settings, at_once=True)
    while True:
        ((number, is_ours),) = database.rows(trying)
        key = f"{MARK}, {number}"
        if is_ours:
            return key
        elapsed = time.monotonic() - started
        if elapsed > settings.lock_deadline.total_seconds():
            step_events.blocked_at(place, (), elapsed, settings, gave_up=True)
            raise _gave_up(database, key, recipe, settings)
        if notices.is_due():
            step_events.blocked_at(place, (), elapsed, settings)
            notices.say(f"another migration works on {recipe.subject}; waiting")
        database.sleep(_POLL)


def _give_back(database: Database, key: str) -> None:
    if database.connection.invalidated:
        return  # the lock ended with the session
    try:
        database.value(f"SELECT {advisory.release(key)}")
    except DBAPIError as error:
        if not driver_errors.is_disconnect(error):
            raise


def _gave_up(
    database: Database, key: str, recipe: Recipe, settings: Settings
) -> LockNotAvailableError:
    rows = database.rows(advisory.holder(key))
    words = str(rows[0][0]) if rows else "pid unknown"
    return LockNotAvailableError(
        f"could not {recipe.purpose}: another migration has been working on "
        f'"{recipe.subject}" for more than {seconds(settings.lock_deadline)}',
        detail=f"The other migration runs in the session with {words}.",
        hint=f"Wait until the other migration is done, then {RUN_AGAIN}",
        pids=[int(pid) for pid in words.split()[1:2] if pid.isdecimal()],
    )
