"""The configuration with which a command works on one target.

The URL of the target is passed in every way that an ``env.py`` reads.  An ``env.py``
that connects to another database is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.config import Config
from sqlalchemy import URL, Connection

from alembic_zdt.alembic_compat import runs
from alembic_zdt.connection.database import Database
from alembic_zdt.env.own_schema import limit_to
from alembic_zdt.env.url_sources import VARIABLES, SaidUrl
from alembic_zdt.env.urls import usable
from alembic_zdt.errors import UndefinedObjectError, UsageError
from alembic_zdt.events.watched_run import in_target
from alembic_zdt.fleet.schema_sessions import in_schema
from alembic_zdt.fleet.targets import FleetTarget
from alembic_zdt.names import literal, quote
from alembic_zdt.scratch.project import Project


@contextmanager
def pointing_to(config: Config, target: FleetTarget) -> Iterator[Config]:
    """Yield a configuration for the target, and lead all connections there.

    Raises:
        UsageError: env.py connects to another database, or works in another schema.
        UndefinedObjectError: the schema of the target does not exist.
    """
    given = getattr(config.cmd_opts, "x", None) or ()
    # The URL is that of the control database.
    arguments = [each for each in given if not each.startswith("url=")]
    path = Path(config.config_file_name or config.toml_file_name or "alembic.ini")
    project = Project(
        path, VARIABLES, section=config.config_ini_section, arguments=arguments
    )
    words = [f"tenant={target.schema}", f"schema={target.schema}"]
    own = project.config_for(target.url, *(words if target.schema else ()))
    limit_to(own, target.schema)

    def look(connection: Any) -> None:
        found = getattr(connection, "engine", None)
        if found is None:
            return
        wanted = usable(SaidUrl(target.url, f'the URL of target "{target.name}"'))
        if _place(found.url) != _place(wanted.url):
            raise _connects_elsewhere(target, found.url.database)
        if target.schema:
            _refuse_another_schema(connection, target)

    with (
        project.leading_to(target.url),
        in_target(target.name),
        in_schema(target.schema),
        runs.version_table_in(target.schema, look),
    ):
        yield own


def _place(url: URL) -> tuple[str, ...]:
    host = url.host or url.query.get("host", "")
    return str(host), str(url.port or url.query.get("port", "")), str(url.database)


def _refuse_another_schema(connection: Connection, target: FleetTarget) -> None:
    was_begun = connection.in_transaction()
    known = f"pg_catalog.to_regnamespace({literal(quote(target.schema))}) IS NOT NULL"
    (row,) = Database(connection).rows(
        f"SELECT {known}, pg_catalog.current_schema()::pg_catalog.text"
    )
    if not was_begun:
        connection.rollback()
    is_there, current = row
    if not is_there:
        raise _no_schema(target)
    if current != target.schema:
        raise _works_elsewhere(target, current)


def _no_schema(target: FleetTarget) -> UndefinedObjectError:
    return UndefinedObjectError(
        f'schema "{target.schema}" of target "{target.name}" does not exist',
        detail="A fleet run creates no schema.",
        hint=f"Run CREATE SCHEMA {quote(target.schema)}, or correct the list of "
        "targets.",
        schema=target.schema,
    )


def _works_elsewhere(target: FleetTarget, schema: str | None) -> UsageError:
    where = f'in the schema "{schema}"' if schema else "in no schema"
    return UsageError(
        f'env.py works {where}, not in "{target.schema}" of target "{target.name}"',
        detail="The search_path of its connection leads there. No revision was run.",
        hint="Let env.py leave search_path alone. The role needs the right USAGE on "
        "the schema.",
    )


def _connects_elsewhere(target: FleetTarget, database: Any) -> UsageError:
    return UsageError(
        f'env.py connects to the database "{database}", not to target "{target.name}"',
        detail="The URL is passed as -x url=, as sqlalchemy.url and in the environment "
        f"variables {' and '.join(VARIABLES)}. No revision was run.",
        hint="Let env.py call alembic_zdt.env.run(), or read one of these.",
    )
