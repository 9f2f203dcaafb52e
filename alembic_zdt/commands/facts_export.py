"""``alembic-zdt facts export``: facts of the database for commands without one."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from alembic_zdt.commands.edited import digests
from alembic_zdt.commands.writing import write_all
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.facts.collection import (
    CatalogOracle,
    Hide,
    OwnRecords,
    collected,
    settings_in,
)
from alembic_zdt.facts.exported import ExportedDatabase, Facts, hashed
from alembic_zdt.facts.facts_file import text_of
from alembic_zdt.recording.environment import looking_at_each
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import explained
from alembic_zdt.runner.measuring import known_steps
from alembic_zdt.runner.session_settings import session_settings
from alembic_zdt.runner.transactions import autocommit
from alembic_zdt.settings import milliseconds

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def export_facts(config: Config, *, anonymous: bool = False) -> Facts:
    """Return the facts of each database of env.py.

    Args:
        config: Alembic's configuration.
        anonymous: hash the names, with a new salt.

    Raises:
        ZdtError: a database cannot be read, for example because of a lock.
    """
    script = ScriptDirectory.from_config(config)
    salt = secrets.token_hex(8) if anonymous else None

    def hide(name: str) -> str:
        return name if salt is None else hashed(name, salt)

    found = looking_at_each(
        config, script, lambda context, heads: _facts_of(context, heads, hide)
    )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Facts(now, salt, tuple(found))


def write(facts: Facts, path: Path) -> None:
    """Write the file of the facts.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        write_all({path: text_of(facts)})
    except OSError as error:
        raise UsageError(
            f'cannot write the facts to "{path}"',
            detail=f"{type(error).__name__}: {error.strerror}.",
            hint="Give -o a file that can be written.",
        ) from error


def _facts_of(
    context: MigrationContext, revisions: tuple[str, ...], hide: Hide
) -> ExportedDatabase:
    settings = settings_of(context)
    with autocommit(context) as connection:
        database = Database(connection)
        steps = known_steps(database, settings, context)
        oracle = CatalogOracle(connection, settings.lock_timeout)
        limit = f"{milliseconds(settings.lock_timeout)}ms"
        try:
            server = settings_in(database)
            with session_settings(database, [("lock_timeout", limit)]):
                records = OwnRecords(revisions, digests(context), steps)
                return collected(oracle, records, server, hide)
        except DBAPIError as error:
            raise explained(error, "read the facts", settings) from error
