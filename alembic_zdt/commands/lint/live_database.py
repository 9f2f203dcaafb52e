"""The database that ``alembic-zdt lint`` asks if its URL is given.

Lint changes nothing there.  Each question runs in a savepoint that is rolled back, and
creates temporary tables at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.alembic_compat import contexts, interception
from alembic_zdt.commands.edited import changed_since, edited
from alembic_zdt.commands.facts_use import known_revisions
from alembic_zdt.connection import driver_errors
from alembic_zdt.env.connections import over_own
from alembic_zdt.env.url_sources import SaidUrl
from alembic_zdt.env.urls import usable
from alembic_zdt.errors import LockNotAvailableError, ZdtError
from alembic_zdt.facts.exported import ExportedDatabase
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.recording.environment import quiet
from alembic_zdt.runner.explanations import explained
from alembic_zdt.settings import Settings, seconds

Found = TypeVar("Found")


def asking(
    config: Config, url: str, settings: Settings, look: Callable[[Oracle], Found]
) -> Found:
    """Return the result of *look* with the help of a database.

    Args:
        config: Alembic's configuration, with its ``sqlalchemy.`` options.
        url: the URL of the database.
        settings: the settings, of which ``lock_timeout`` limits each question.
        look: a function that receives the oracle.

    Raises:
        UrlError: the URL is invalid, or no database answers.
        ZdtError: the version table or the log of revisions cannot be read.
    """
    found: list[Found] = []

    def work(connection: Connection) -> None:
        with connection.begin() as transaction:
            try:
                found.append(look(Oracle(connection, settings.lock_timeout)))
            except DBAPIError as error:
                raise _unreadable(error, settings) from error
            transaction.rollback()

    with quiet(config):
        over_own(usable(SaidUrl(url, "--database")), config, {}, work)
    return found[-1]


def _unreadable(error: DBAPIError, settings: Settings) -> ZdtError:
    state = driver_errors.diagnostics(error).sqlstate
    if state != driver_errors.LOCK_NOT_AVAILABLE:
        return explained(error, "ask the database", settings)
    return LockNotAvailableError(
        "could not ask the database: its version table is locked",
        detail="Another session kept the lock for longer than lock_timeout "
        f"({seconds(settings.lock_timeout)}).",
        hint="Try again when that session has ended its transaction.",
    )


def context_over(connection: Connection, context: MigrationContext) -> MigrationContext:
    """Return a context over a connection, with the version table of another one."""
    options = {"version_table", "version_table_schema"}
    return MigrationContext.configure(
        connection=connection,
        environment_context=context.environment_context,
        opts={name: context.opts[name] for name in options & context.opts.keys()},
    )


@dataclass(frozen=True)
class Applied:
    """The applied revisions of a database.

    Attributes:
        revisions: their ids.
        edited: the revisions whose file differs from the log of revisions.
    """

    revisions: frozenset[str]
    edited: frozenset[str]

    @classmethod
    def of(
        cls, oracle: Oracle, script: ScriptDirectory, context: MigrationContext
    ) -> Applied:
        """Return the applied revisions of a database.

        Args:
            oracle: the oracle of the database.
            script: the revisions.
            context: the migration context of env.py, which names the version table.
        """
        own = context_over(oracle.connection, context)
        with interception.reading_heads_within(oracle.patience.total_seconds()):
            heads = own.get_current_heads()
        known = frozenset(contexts.at_or_below(script, heads))
        return cls(known, frozenset(edited(own, script, heads)))

    @classmethod
    def at_export(cls, database: ExportedDatabase, script: ScriptDirectory) -> Applied:
        """Return the applied revisions of a database at the export of its facts.

        Raises:
            UsageError: a revision has no file here.
        """
        heads = known_revisions(script, database)
        known = frozenset(contexts.at_or_below(script, heads))
        return cls(known, frozenset(changed_since(database.digests, script, heads)))
