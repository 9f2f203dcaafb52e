"""Check after a run whether its revisions are really in the database.

When a statement ran before ``context.configure()``, Alembic logs "Running upgrade" and
succeeds although PostgreSQL rolls back the whole upgrade.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError

from alembic_zdt.alembic_compat import contexts, runs
from alembic_zdt.catalog.drift import (
    INVALID_INDEX,
    invalid_indexes,
    not_valid_constraints,
)
from alembic_zdt.connection.database import Database
from alembic_zdt.env.own_schema import own_schema
from alembic_zdt.errors import VerificationError
from alembic_zdt.findings import Finding
from alembic_zdt.runner.explanations import ends_explained
from alembic_zdt.runner.silent_rollback import COMMIT_FIRST

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

Place = tuple[str, str, str | None]


@dataclass
class _Seen:
    """The state of one database before and after the run.

    Attributes:
        before: invalid indexes and unvalidated constraints before the run.
        heads: the revisions at which the run should have left the database.
        upwards: whether the last step was an upgrade.
    """

    before: set[Finding]
    heads: tuple[str, ...] = ()
    upwards: bool = True


@dataclass
class _Run:
    """The states of all databases of a run."""

    seen: dict[Place, _Seen] = field(default_factory=dict)

    def before(self, context: MigrationContext, _step: Any) -> None:
        """Record the state of a database before its first revision."""
        if _is_live(context) and _place(context) not in self.seen:
            self.seen[_place(context)] = _Seen(set(_half_way(context)))

    def after(self, context: MigrationContext, step: Any, _seconds: float) -> None:
        """Record the heads after a revision."""
        if _is_live(context):
            seen = self.seen[_place(context)]
            seen.heads = tuple(sorted(runs.believed_heads(context)))
            seen.upwards = bool(getattr(step, "is_upgrade", True))


@contextmanager
def verified(config: Config) -> Iterator[None]:
    """Check the databases after the body, if it has run any revision.

    Raises:
        VerificationError: a database is not at the revisions that the run reached, or
            has a new invalid index.
    """
    run = _Run()
    with runs.watching_steps(run.before, run.after):
        yield
    if run.seen:
        _look_again(config, run.seen)


def _look_again(config: Config, seen: dict[Place, _Seen]) -> None:
    script = ScriptDirectory.from_config(config)

    def look(heads: Any, context: MigrationContext) -> Sequence[Any]:
        known = seen.get(_place(context)) if _is_live(context) else None
        if known is not None:
            found = (heads,) if isinstance(heads, str) else tuple(heads)
            with contexts.transaction_of_a_migration(context):
                left = set(_half_way(context))
            if not _is_there(script, known, found):
                raise _not_there(known.heads, found)
            _say_what_is_left(left - known.before)
        return []

    environment = EnvironmentContext(config, script, fn=look, dont_mutate=True)
    with _in_silence(), environment:
        script.run_env()


def _is_there(script: ScriptDirectory, known: _Seen, found: tuple[str, ...]) -> bool:
    """Check whether the database is at the heads of the run, or above them."""
    if set(found) == set(known.heads):
        return True
    if not known.upwards:
        return False
    try:
        below = {each.revision for each in script.iterate_revisions(found, "base")}
    except RevisionError:  # newer code has upgraded the database
        return True
    return below >= set(known.heads)


def _say_what_is_left(left: set[Finding]) -> None:
    for found in sorted(left, key=lambda each: each.object):
        if found.check == INVALID_INDEX:
            repair, index = found.suggestion, found.object
            raise VerificationError(
                f'the run has left the index "{index}" INVALID',
                detail="No query uses an INVALID index, but every write maintains it.",
                hint=f"Write {repair} into a revision, and find out why the build "
                "failed.",
                index=index,
            )
        log.warning("%s; later: %s", found.message, found.suggestion)


def _not_there(wanted: Sequence[str], found: Sequence[str]) -> VerificationError:
    now = ", ".join(found) or "none"
    return VerificationError(
        "the migration was not committed: it was rolled back, or another session "
        "changed the version table",
        detail=(
            f"The database should have the revisions {', '.join(wanted) or 'none'}; "
            f"it has {now}."
        ),
        hint=COMMIT_FIRST,
        revisions=tuple(found),
    )


def _half_way(context: MigrationContext) -> Iterator[Finding]:
    database = Database(_connection(context))
    with ends_explained("look for invalid indexes"):
        yield from invalid_indexes(database, own_schema(context))
        yield from not_valid_constraints(database, own_schema(context))


def _is_live(context: MigrationContext) -> bool:
    connection = context.connection
    if connection is None or context.as_sql:
        return False
    return connection.dialect.name == "postgresql"


def _place(context: MigrationContext) -> Place:
    url = _connection(context).engine.url.render_as_string(hide_password=True)
    return url, context.version_table, context.version_table_schema


def _connection(context: MigrationContext) -> Any:
    return context.connection


@contextmanager
def _in_silence() -> Iterator[None]:
    """Hide Alembic's messages below warnings, because it has logged them before."""
    alembic = logging.getLogger("alembic.runtime.migration")

    def is_warning(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING

    alembic.addFilter(is_warning)
    try:
        yield
    finally:
        alembic.removeFilter(is_warning)
