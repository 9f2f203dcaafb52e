"""How long steps took on this server, in a table next to the log of revisions.

A row holds the size of the work as it was before the step, so that a later estimate can
compare it with its own.  Small tables say nothing about the speed of a server.
https://www.postgresql.org/docs/current/sql-insert.html
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import own_tables
from alembic_zdt.catalog.own_tables import OwnTable
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.estimates.work_size import WorkSize
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.qualified import qualified
from alembic_zdt.steps import WorkKind

log = logging.getLogger("alembic_zdt")

LEAST_BYTES = 8 * 1024 * 1024
"""The smallest table whose steps are stored, in bytes."""

_NEWEST = 50
_COLUMNS = (
    "at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),"
    " kind pg_catalog.text NOT NULL, purpose pg_catalog.text NOT NULL,"
    " source pg_catalog.text NOT NULL, seconds pg_catalog.float8 NOT NULL,"
    " table_bytes pg_catalog.int8 NOT NULL, table_rows pg_catalog.int8 NOT NULL,"
    " chosen_rows pg_catalog.int8 NOT NULL, stored_bytes pg_catalog.int8 NOT NULL,"
    " indexes pg_catalog.int4 NOT NULL, other_bytes pg_catalog.int8 NOT NULL"
)
_SIZE = "table_bytes, table_rows, chosen_rows, stored_bytes, indexes, other_bytes"


@dataclass(frozen=True)
class MeasuredStep:
    """A step that was run on this server.

    Attributes:
        kind: the kind of its work.
        size: the size of its work.
        seconds: how long it ran.
        source: ``run`` for a migration, or ``calibrate``.
    """

    kind: WorkKind
    size: WorkSize
    seconds: float
    source: str = "run"


def table_of(
    name: str, schema: str | None, version_table: QualifiedName | None
) -> OwnTable:
    """Return the table of the history.

    Args:
        name: the setting *step_table*.
        schema: the setting *backfill_schema*, None for that of ``alembic_version``.
        version_table: Alembic's, if it is known.
    """
    return OwnTable(QualifiedName(name, schema), _COLUMNS, subject=version_table)


def store(
    database: Database, table: OwnTable, measured: MeasuredStep, purpose: str
) -> None:
    """Store how long a step took.

    A failure is logged and nothing else, because the step is done.

    Args:
        database: a connection in autocommit mode.
        table: the table of the history.
        measured: the step.
        purpose: the purpose of the step, as a phrase for messages.
    """
    size = measured.size
    words = (measured.kind.value, purpose, measured.source)
    numbers = (
        *(size.bytes, size.rows, size.chosen, size.stored),
        *(size.indexes, size.other_bytes),
    )
    values = ", ".join([*map(literal, words), f"{measured.seconds:.3f}"])
    values += "".join(f", {number}" for number in numbers)
    try:
        if not database.holds(table.exists):
            database.execute(table.create())
        elif own_tables.faults(database, [table]):
            return
        database.execute(
            qualified(
                f"INSERT INTO {table.name.sql}"  # noqa: S608
                f" (kind, purpose, source, seconds, {_SIZE}) VALUES ({values})"
            )
        )
    except DBAPIError as error:
        if driver_errors.is_disconnect(error):
            raise
        log.debug("could not store how long a step took: %s", error.orig)


def stored(database: Database, table: OwnTable) -> Sequence[MeasuredStep]:
    """Return the newest steps, none where the table cannot be read."""
    try:
        if not database.holds(table.exists) or own_tables.faults(database, [table]):
            return ()
        rows = database.rows(
            f"SELECT kind, seconds, source, {_SIZE} FROM {table.name.sql}"  # noqa: S608
            f" ORDER BY at DESC LIMIT {_NEWEST}"
        )
    except DBAPIError as error:
        if driver_errors.is_disconnect(error):
            raise
        return ()
    known = {kind.value for kind in WorkKind}
    return [
        MeasuredStep(WorkKind(kind), WorkSize(*size), float(seconds), source)
        for kind, seconds, source, *size in rows
        if kind in known
    ]
